/**
 * Images of two platforms by both engines, and of arm64 on this machine: needs a remote BuildKit and emulation
 * (scripts/docker-lab brings both up where they can be had).
 */
import { afterAll, beforeAll, expect } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushRealBase, type RealBase, realBaseMissing } from "../servers/base-image.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { openGate } from "../servers/registry-gate.ts";
import { dockerHome, LAB_BUILDER, noBuilder, noEngine } from "./docker-home.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";

const missing = (await registryMissing()) ?? realBaseMissing();
const noArm = existsSync("/proc/sys/fs/binfmt_misc/qemu-aarch64") ? undefined : "emulation of arm64";
const ready = !missing && !noEngine && !noArm;
const testArm = testWith(missing, noEngine, noArm);
const testBoth = testWith(missing, noEngine, noArm, noBuilder);
const SLOW = 600_000;
const BOTH = ["--platform", "amd64", "--platform", "arm64"];

let registry: RegistryServer;
let base: RealBase;

beforeAll(async () => {
  if (!ready) return;
  registry = await startRegistry();
  base = await pushRealBase(registry.host, ["amd64", "arm64"]);
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

const build = async (home: Home, dependencies: string[] = []) =>
  await buildForImage(home, {
    dependencies,
    more: [`environment: { python: '${base.python}', arch: [amd64, arm64] }`],
  });

const MACHINES = { "linux/amd64": "x86_64", "linux/arm64": "aarch64" };

/** Each platform's image runs, and its Python has the packages. The engine keeps one image per name. */
async function runsEverywhere(home: Home, image: string): Promise<void> {
  for (const [platform, machine] of Object.entries(MACHINES)) {
    await home.exec(["docker", "pull", "-q", "--platform", platform, image]);
    const code = "import platform, tiny_pkg; print(platform.machine(), tiny_pkg.VERSION)";
    const ran = await home.exec(["docker", "run", "--rm", "--platform", platform, image, "python", "-c", code]);
    expect(ran.stdout).toBe(`${machine} 1.0\n`);
    await home.exec(["docker", "rmi", "-f", image]);
  }
}

async function indexOf(home: Home, image: string) {
  const raw = await home.exec(["skopeo", "inspect", "--raw", "--tls-verify=false", `docker://${image}`]);
  const rows: { digest: string; platform: { os: string; architecture: string } }[] = raw.json.manifests;
  return rows.map(({ digest, platform }) => ({ platform: `${platform.os}/${platform.architecture}`, digest }));
}

testArm(
  "the direct engine's image runs on both platforms",
  async () => {
    await using home = await dockerHome();
    await build(home);
    const image = `${registry.host}/platforms/direct:1`;
    const made = await dockerize(home, "-t", image, "--base-image", base.reference, "--push", ...BOTH);
    expect(made.engine).toBe("direct");
    expect(await indexOf(home, image)).toEqual(made.platforms);
    await runsEverywhere(home, image);
  },
  SLOW,
);

testBoth(
  "a remote BuildKit makes both platforms, commands run on each, and no time of the build is inside",
  async () => {
    await using home = await dockerHome();
    await build(home, ["- commands: ['python -c \"import platform; print(platform.machine())\" > /said']"]);
    const image = `${registry.host}/platforms/buildx:1`;
    const args = ["-t", image, "--base-image", base.reference, "--push", "--builder", LAB_BUILDER, ...BOTH];
    const made = await dockerize(home, ...args);
    expect(made).toMatchObject({ engine: "buildx", pushed: true });
    expect(await indexOf(home, image)).toEqual(made.platforms);
    await runsEverywhere(home, image);
    const layout = join(home.dir, "copy");
    const copied = await home.exec([
      "skopeo",
      "copy",
      "--all",
      "--src-tls-verify=false",
      `docker://${image}`,
      `oci:${layout}`,
    ]);
    expect(copied.exitCode).toBe(0);
    const said: string[] = [];
    for (const { digest } of made.platforms) {
      const { layers } = await Bun.file(join(layout, "blobs", digest.replace(":", "/"))).json();
      const last = join(layout, "blobs", layers.at(-1).digest.replace(":", "/"));
      said.push((await home.exec(["tar", "-xzOf", last, "said"])).stdout.trim());
      for (const layer of layers.slice(1)) {
        const listed = await home.exec(["tar", "-tvzf", join(layout, "blobs", layer.digest.replace(":", "/"))]);
        expect(listed.stdout.split("\n").filter((line) => line !== "" && !line.includes(" 1970-01-01 "))).toEqual([]);
      }
    }
    expect(said).toEqual(["x86_64", "aarch64"]);
    const again = await dockerize(home, ...args);
    expect(again.digest).toBe(made.digest);
  },
  SLOW,
);

testBoth(
  "a remote BuildKit makes zstd layers and docker's manifests when asked to",
  async () => {
    await using home = await dockerHome();
    await build(home);
    const args = ["--base-image", base.reference, "--push", "--engine", "buildx", "--builder", LAB_BUILDER];
    const raw = async (image: string) =>
      (await home.exec(["skopeo", "inspect", "--raw", "--tls-verify=false", `docker://${image}`])).json;
    const zstd = `${registry.host}/platforms/zstd:1`;
    await dockerize(home, "-t", zstd, ...args, "--compression", "zstd");
    expect((await raw(zstd)).layers.at(-1).mediaType).toBe("application/vnd.oci.image.layer.v1.tar+zstd");
    const old = `${registry.host}/platforms/docker:1`;
    await dockerize(home, "-t", old, ...args, "--format", "docker");
    expect((await raw(old)).mediaType).toBe("application/vnd.docker.distribution.manifest.v2+json");
  },
  SLOW,
);

testBoth(
  "a remote BuildKit pushes in plain http outside loopback where --insecure-registry names the host",
  async () => {
    await using gate = openGate(registry, { address: "0.0.0.0" });
    await using home = await dockerHome();
    await build(home);
    const args = ["--base-image", base.reference, "--push", "--engine", "buildx", "--builder", LAB_BUILDER];
    const image = `${gate.host}/platforms/plain:1`;
    const refused = await home.run(["runtime", "dockerize", "demo", "-t", image, ...args]);
    expect(refused.exitCode).toBe(1);
    const made = await dockerize(home, "-t", image, ...args, "--insecure-registry", gate.host);
    expect(made.pushed).toBe(true);
    expect(gate.seen).toContain("PUT /v2/platforms/plain/manifests/1");
  },
  SLOW,
);
