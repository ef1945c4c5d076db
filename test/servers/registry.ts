/**
 * A real docker-registry (Debian's package) on a free port of loopback, with its storage in a folder of the test.
 * Installed with apt-get when root asks for it; elsewhere `registryMissing` says what is not there.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RegistryServer extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly dir: string;
}

export interface RegistryServerOptions {
  /** More of its configuration, as yaml at the top level. */
  readonly config?: string;
}

const PROGRAM = "docker-registry";

/** What is missing for these tests, or nothing; tries apt-get once where that is allowed. */
export async function registryMissing(): Promise<string | undefined> {
  return (await installed([PROGRAM, "skopeo"])) ?? undefined;
}

/** Installs Debian packages of the same names as their programs. @returns the first that is missing afterwards */
export async function installed(programs: readonly string[]): Promise<string | undefined> {
  const missing = programs.filter((program) => !Bun.which(program));
  if (missing.length > 0 && process.getuid?.() === 0 && Bun.which("apt-get")) await aptInstall(missing);
  return programs.find((program) => !Bun.which(program));
}

async function aptInstall(packages: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const argv of [
    ["apt-get", "-qq", "update"],
    ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends", ...packages],
  ]) {
    await Bun.spawn(argv, { env, stdio: ["ignore", "ignore", "ignore"] }).exited;
  }
}

/** Starts one; it ends with `await using`. */
export async function startRegistry(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const dir = await mkdtemp(join(tmpdir(), "sw-reg-"));
  const host = `127.0.0.1:${freePort()}`;
  await mkdir(join(dir, "data"));
  const config = [
    "version: 0.1",
    "log: { level: warn, accesslog: { disabled: true } }",
    `storage: { filesystem: { rootdirectory: ${JSON.stringify(join(dir, "data"))} }, delete: { enabled: true } }`,
    `http: { addr: "${host}" }`,
    options.config ?? "",
  ].join("\n");
  await writeFile(join(dir, "config.yml"), config);
  const log = Bun.file(join(dir, "log"));
  const child = Bun.spawn([PROGRAM, "serve", join(dir, "config.yml")], { stdio: ["ignore", log, log] });
  await answering(`http://${host}/v2/`, child);
  return {
    host,
    dir,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
      await forgetImages(host);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What tests gave its names to in the developer's docker. */
async function forgetImages(host: string): Promise<void> {
  if (!Bun.which("docker")) return;
  const names = ["*", "*/*", "*/*/*"].flatMap((name) => ["--filter", `reference=${host}/${name}`]);
  const quiet = { stdin: "ignore", stderr: "ignore" } as const;
  const listed = Bun.spawn(["docker", "images", ...names, "--format", "{{.Repository}}:{{.Tag}}"], quiet);
  const images = (await new Response(listed.stdout).text()).split("\n").filter((name) => /:[^<]+$/.test(name));
  if (images.length > 0)
    await Bun.spawn(["docker", "rmi", "--force", ...images], { ...quiet, stdout: "ignore" }).exited;
}

/** A port that nobody has at this moment. */
export function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}

async function answering(url: string, child: Bun.Subprocess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`${PROGRAM} ended with ${child.exitCode}`);
    const status = await fetch(url).then(
      (response) => response.status,
      () => 0,
    );
    if (status > 0) return;
    await Bun.sleep(50);
  }
  throw new Error(`${PROGRAM} does not answer at ${url}`);
}
