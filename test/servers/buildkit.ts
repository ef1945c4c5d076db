/** A BuildKit of the test's own, as its default configuration has it: scripts/docker-lab keeps the program. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./registry.ts";

export interface BuildKit extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly address: string;
}

/** The program, if this machine has it. */
export function buildkitd(): string | undefined {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const kept = [
    ...new Bun.Glob("bin-*/buildkitd").scanSync({ cwd: join(cache, "swcli-dev/docker-lab"), absolute: true }),
  ];
  return Bun.which("buildkitd") ?? kept[0];
}

export async function startBuildkit(program: string): Promise<BuildKit> {
  const dir = await mkdtemp(join(tmpdir(), "sw-bk-"));
  const address = `127.0.0.1:${freePort()}`;
  const config = [
    `root = "${dir}/root"`,
    `[grpc]\naddress = ["tcp://${address}"]`,
    "[worker.oci]\nenabled = true",
    "[worker.containerd]\nenabled = false",
  ];
  await writeFile(join(dir, "buildkitd.toml"), `${config.join("\n")}\n`);
  const log = Bun.file(join(dir, "log"));
  const child = Bun.spawn([program, "--config", join(dir, "buildkitd.toml")], { stdio: ["ignore", log, log] });
  await listening(address, child);
  return {
    address,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function listening(address: string, child: Bun.Subprocess): Promise<void> {
  const [hostname = "", port] = address.split(":");
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`buildkitd ended with ${child.exitCode}`);
    const isUp = await Bun.connect({ hostname, port: Number(port), socket: { open: (it) => void it.end(), data() {} } })
      .then(() => true)
      .catch(() => false);
    if (isUp) return;
    await Bun.sleep(50);
  }
  throw new Error(`buildkitd does not listen at ${address}`);
}
