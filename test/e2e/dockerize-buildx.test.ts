/**
 * Images by docker's buildx, and of both engines side by side: needs a docker engine with buildx (scripts/docker-lab brings
 * them up on a Debian machine as root) and Debian packages for a base image that runs.
 */
import { afterAll, beforeAll, expect } from "bun:test";
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Home } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushRealBase, type RealBase, realBaseMissing } from "../servers/base-image.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { dockerHome, noBuildx, noEngine } from "./docker-home.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";
import { imageJobs } from "./job-state.ts";

const missing = (await registryMissing()) ?? realBaseMissing();
const testEngine = testWith(missing, noEngine);
const testBuildx = testWith(missing, noBuildx);
const SLOW = 300_000;

let registry: RegistryServer;
let base: RealBase;

beforeAll(async () => {
  if (missing || noEngine) return;
  registry = await startRegistry();
  base = await pushRealBase(registry.host);
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

const build = async (home: Home, dependencies: string[] = []) =>
  await buildForImage(home, {
    dependencies,
    more: [`environment: { python: '${base.python}', arch: [amd64, arm64] }`],
  });

async function inImage(home: Home, image: string, ...argv: string[]): Promise<string> {
  const ran = await home.exec(["docker", "run", "--rm", image, ...argv]);
  if (ran.exitCode !== 0) throw new Error(ran.stderr);
  return ran.stdout;
}

/** Paths, kinds, modes, sizes and digests below the runtime, as the image has them. */
async function contents(home: Home, image: string): Promise<string[]> {
  const id = (await home.exec(["docker", "create", image])).stdout.trim();
  const dir = await mkdtemp(join(home.dir, "contents-"));
  const shell = async (text: string) => (await home.exec(["sh", "-c", text], { cwd: dir })).stdout.trim().split("\n");
  await shell(`docker export -o ../contents.tar ${id} && tar -xf ../contents.tar opt etc/profile.d`);
  await home.exec(["docker", "rm", id]);
  const listed = await shell("tar -tv --numeric-owner -f ../contents.tar opt etc/profile.d");
  // Times differ where the builder can't set them.
  const lines = listed.map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d /, ""));
  const digests = await shell("find . -type f -exec sha256sum {} +");
  return [...lines.filter((line) => !line.startsWith("d")), ...digests].sort();
}

const configOf = async (home: Home, image: string) => {
  const { Env, Cmd, WorkingDir, Labels, Entrypoint } = JSON.parse(
    (await home.exec(["docker", "inspect", image, "-f", "{{json .Config}}"])).stdout,
  );
  return { Env: Env.sort(), Cmd, WorkingDir, Labels, Entrypoint };
};

testBuildx(
  "both engines give the same layout inside, and Python in it imports the packages",
  async () => {
    await using home = await dockerHome();
    // A header, wheels for several C libraries, a script, a dependency by patch version of Python.
    await build(home, ["- pip: [six==1.17.0, greenlet==3.1.1, debugpy==1.8.20, httpx==0.28.1, redis==5.2.1]"]);
    const images = { direct: `${registry.host}/both/direct:1`, buildx: `${registry.host}/both/buildx:1` };
    for (const [engine, image] of Object.entries(images)) {
      const made = await dockerize(home, "-t", image, "--base-image", base.reference, "--engine", engine, "--push");
      expect(made).toMatchObject({ engine, pushed: true });
      await home.exec(["docker", "pull", "-q", image]);
      const code = "import six, tiny_pkg, sys; print(six.__version__, tiny_pkg.VERSION, sys.prefix)";
      expect(await inImage(home, image, "python", "-c", code)).toBe(
        "1.17.0 1.0 /opt/starwhale.user/runtime/export/venv\n",
      );
      expect(await inImage(home, image, "greet.sh")).toBe("hello\n");
    }
    const onOurs = ["-t", `${registry.host}/both/again:1`, "--base-image", images.direct, "--engine", "buildx"];
    const refused = await home.run(["runtime", "dockerize", "demo", ...onOurs]);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain("is itself an image of a runtime");
    expect(await contents(home, images.buildx)).toEqual(await contents(home, images.direct));
    expect(await configOf(home, images.buildx)).toEqual(await configOf(home, images.direct));
    for (const image of Object.values(images)) await home.exec(["docker", "rmi", "-f", image]);
  },
  SLOW,
);

testBuildx(
  "commands run inside the image, in their order, by buildx, which auto chooses and says why",
  async () => {
    await using home = await dockerHome();
    await build(home, [
      "- commands: ['echo one > /tmp/said', 'python -c \"import tiny_pkg\" && echo two >> /tmp/said']",
    ]);
    const image = `${registry.host}/x/commands:1`;
    const made = await dockerize(home, "-t", image, "--base-image", base.reference);
    expect(made).toMatchObject({ engine: "buildx", pushed: false });
    expect(made.reason).toContain("run inside the image");
    expect(await inImage(home, image, "cat", "/tmp/said")).toBe("one\ntwo\n");
    await home.exec(["docker", "rmi", "-f", image]);
  },
  SLOW,
);

testBuildx(
  "docker's own builder is refused two platforms before anything starts, with the line that makes one that can",
  async () => {
    await using home = await dockerHome();
    await build(home);
    const args = ["-t", `${registry.host}/x/multi:1`, "--base-image", base.reference, "--push", "--builder", "default"];
    const ran = await home.run([
      "runtime",
      "dockerize",
      "demo",
      ...args,
      "--engine",
      "buildx",
      "--platform",
      "amd64",
      "--platform",
      "arm64",
    ]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain("docker buildx create");
  },
  SLOW,
);

testEngine(
  "without --push the direct engine's image is loaded into docker and runs",
  async () => {
    await using home = await dockerHome();
    await build(home);
    const made = await dockerize(
      home,
      "-t",
      "swcli-test/loaded:1",
      "--base-image",
      base.reference,
      "--engine",
      "direct",
    );
    expect(made).toMatchObject({ pushed: false, to: null });
    expect(await inImage(home, "swcli-test/loaded:1", "python", "-c", "import tiny_pkg; print(tiny_pkg.VERSION)")).toBe(
      "1.0\n",
    );
    await home.exec(["docker", "rmi", "-f", "swcli-test/loaded:1"]);
  },
  SLOW,
);

/** Processes of the home with this text in their command line. */
async function running(home: Home, text: string): Promise<number[]> {
  const pids = await home.processes();
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")));
  return pids.filter((_, index) => lines[index]?.replaceAll("\0", " ").includes(text));
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    if (await holds()) return;
    await Bun.sleep(50);
  }
  throw new Error("it does not become so");
}

testBuildx(
  "a daemon killed during a build takes docker's processes along; the next one marks the job and builds again",
  async () => {
    await using home = await dockerHome();
    const marker = crypto.randomUUID();
    await build(home, [`- commands: ['sleep 5; echo ${marker} > /tmp/said']`]);
    const image = `${registry.host}/x/killed:1`;
    const args = ["-t", image, "--base-image", base.reference, "--push", "--detach"];
    const id = (await home.run(["-q", "runtime", "dockerize", "demo", ...args])).stdout.trim();
    const logs = async () => (await home.run(["--no-daemon", "job", "logs", id])).stdout;
    await until(async () => (await logs()).includes(marker));
    expect((await running(home, "buildx build")).length).toBeGreaterThan(0);
    const { pid } = (await home.run(["-o", "json", "daemon", "status"])).json;
    process.kill(pid, "SIGKILL");
    await until(async () => (await home.processes()).length === 0);
    expect(await imageJobs(home, "--no-daemon")).toMatchObject([{ id, state: "interrupted" }]);
    expect((await home.run(["job", "wait", id])).exitCode).toBe(0);
    expect((await home.run(["-o", "json", "job", "info", id])).json).toMatchObject({ state: "done", interruptions: 1 });
    expect(await inImage(home, image, "cat", "/tmp/said")).toBe(`${marker}\n`);
    await home.exec(["docker", "rmi", "-f", image]);
  },
  SLOW,
);

testBuildx(
  "cancel ends docker's processes too, and no image is left",
  async () => {
    await using home = await dockerHome();
    const marker = crypto.randomUUID();
    await build(home, [`- commands: ['sleep 60; echo ${marker}']`]);
    const image = `${registry.host}/x/cancelled:1`;
    const args = ["-t", image, "--base-image", base.reference, "--push", "--detach"];
    const id = (await home.run(["-q", "runtime", "dockerize", "demo", ...args])).stdout.trim();
    await until(async () => (await home.run(["job", "logs", id])).stdout.includes(marker));
    expect((await home.run(["-o", "json", "job", "cancel", id])).json).toMatchObject({ state: "cancelled" });
    const { pid } = (await home.run(["-o", "json", "daemon", "status"])).json;
    await until(async () => (await home.processes()).every((one) => one === pid));
    expect((await fetch(`http://${registry.host}/v2/x/cancelled/tags/list`)).status).toBe(404);
  },
  SLOW,
);
