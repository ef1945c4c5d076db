/**
 * Layouts and archives by buildx: whole or not there, whoever ends the work. Needs docker with buildx and the remote
 * BuildKit of scripts/docker-lab, which is held up in the middle of what it sends.
 */
import { afterAll, beforeAll, expect } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Home } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushRealBase, type RealBase, realBaseMissing } from "../servers/base-image.ts";
import { type CountingProxy, countingProxy } from "../servers/counting-proxy.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { addBuilder, labAddress, noBuilder, noBuildx, ownDockerHome } from "./docker-home.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";

const missing = (await registryMissing()) ?? realBaseMissing();
const testTo = testWith(missing, noBuildx, noBuilder);
const SLOW = 300_000;
// The base's layer is smaller: the rest is on its way then.
const HALF = 28_000_000;
const KINDS = [
  ["oci-layout", "out"],
  ["docker-archive", "out.tar"],
] as const;

let registry: RegistryServer;
let base: RealBase;

beforeAll(async () => {
  if (missing || noBuildx || noBuilder) return;
  registry = await startRegistry();
  base = await pushRealBase(registry.host);
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

/** A runtime whose image is some 50 MB, and the builder through a door that the test shuts. */
async function readyHome(door?: CountingProxy): Promise<Home> {
  const home = await ownDockerHome();
  await addBuilder(home, "door", door?.host ?? labAddress());
  await buildForImage(home, {
    dependencies: ["- commands: ['head -c 25000000 /dev/urandom > /fat']"],
    more: [`environment: { python: '${base.python}', arch: [amd64] }`],
  });
  return home;
}

const args = (to: string) => [
  "-t",
  "demo:7",
  "-t",
  "demo:8",
  "--base-image",
  base.reference,
  "--builder",
  "door",
  "--to",
  to,
];

const reads = async (home: Home, to: string): Promise<boolean> => {
  const source = to
    .replace("oci-layout=", `oci:${home.dir}/`)
    .replace("docker-archive=", `docker-archive:${home.dir}/`);
  const tag = source.startsWith("oci:") ? ":8" : ":docker.io/library/demo:8";
  return (await home.exec(["skopeo", "inspect", `${source}${tag}`])).exitCode === 0;
};

const beside = async (home: Home) => (await readdir(home.dir)).filter((name) => name.startsWith("out"));

for (const [kind, name] of KINDS) {
  const to = `${kind}=${name}`;

  testTo(
    `${kind} by buildx has every name, nothing of how it was made, and is never written over`,
    async () => {
      await using home = await readyHome();
      const made = await dockerize(home, ...args(to));
      expect(made).toMatchObject({ engine: "buildx", pushed: false, to: join(home.dir, name) });
      expect(made.digest).toMatch(/^sha256:/);
      expect(await reads(home, to)).toBe(true);
      if (kind === "oci-layout")
        expect((await readdir(join(home.dir, name))).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
      const again = await home.run(["runtime", "dockerize", "demo", ...args(to)]);
      expect([again.exitCode, again.stderr]).toEqual([4, expect.stringContaining("is there already")]);
      expect(await beside(home)).toEqual([name]);
    },
    SLOW,
  );

  testTo(
    `a build that is cancelled while it writes ${kind} leaves nothing there`,
    async () => {
      await using door = await countingProxy(labAddress());
      await using home = await readyHome(door);
      const half = door.holdAfter("down", HALF);
      const id = (await home.run(["-q", "runtime", "dockerize", "demo", ...args(to), "--detach"])).stdout.trim();
      await half;
      expect(await beside(home)).not.toEqual([]);
      expect(await beside(home)).not.toContain(name);
      expect((await home.run(["-o", "json", "job", "cancel", id])).json).toMatchObject({ state: "cancelled" });
      expect(await beside(home)).toEqual([]);
    },
    SLOW,
  );

  testTo(
    `a daemon killed while buildx writes ${kind}: the job is started again and ends well`,
    async () => {
      await using door = await countingProxy(labAddress());
      await using home = await readyHome(door);
      const half = door.holdAfter("down", HALF);
      const id = (await home.run(["-q", "runtime", "dockerize", "demo", ...args(to), "--detach"])).stdout.trim();
      await half;
      const { pid } = (await home.run(["-o", "json", "daemon", "status"])).json;
      process.kill(pid, "SIGKILL");
      door.go();
      while ((await home.processes()).length > 0) await Bun.sleep(20);
      expect((await home.run(["job", "wait", id])).exitCode).toBe(0);
      expect((await home.run(["-o", "json", "job", "info", id])).json).toMatchObject({ interruptions: 1 });
      expect(await reads(home, to)).toBe(true);
      expect(await beside(home)).toEqual([name]);
    },
    SLOW,
  );
}

testTo(
  "a BuildKit that a name stands for is used by auto too, and one that is not there is an error",
  async () => {
    await using home = await readyHome();
    await buildForImage(home, { more: [`environment: { python: '${base.python}', arch: [amd64] }`] });
    const made = await dockerize(home, ...args("oci-layout=out"));
    expect(made).toMatchObject({ engine: "buildx", reason: "--builder names door" });
    const to = ["-t", "demo:7", "--base-image", base.reference, "--to", "oci-layout=other"];
    const gone = await home.run(["runtime", "dockerize", "demo", ...to, "--builder", "nope"]);
    expect([gone.exitCode, gone.stderr]).toEqual([1, expect.stringContaining('no builder "nope" found')]);
    const both = await home.run(["runtime", "dockerize", "demo", ...to, "--builder", "door", "--engine", "direct"]);
    expect([both.exitCode, both.stderr]).toEqual([2, expect.stringContaining("--builder")]);
  },
  SLOW,
);
