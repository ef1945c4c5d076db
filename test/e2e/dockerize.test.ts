/** Images by the direct engine: a real registry on loopback, read back with skopeo. No docker anywhere. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushTinyBase } from "../servers/base-image.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";

const missing = await registryMissing();
const testImage = testWith(missing);
const SLOW = 60_000;

let registry: RegistryServer;
let base: string;

beforeAll(async () => {
  if (missing) return;
  registry = await startRegistry();
  base = await pushTinyBase(registry.host, { architectures: ["amd64", "arm64"] });
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

async function skopeo(home: Home, ...args: string[]) {
  const ran = await home.exec(["skopeo", ...args]);
  if (ran.exitCode !== 0) throw new Error(ran.stderr);
  return ran;
}

/** Names in the layers of an image on a registry, lowest first. */
async function layerNames(home: Home, image: string): Promise<string[][]> {
  const dir = join(home.dir, `layers-${Math.random()}`);
  await skopeo(home, "copy", "--src-tls-verify=false", `docker://${image}`, `dir:${dir}`);
  const { layers } = await Bun.file(join(dir, "manifest.json")).json();
  const names: string[][] = [];
  for (const { digest } of layers) {
    const listed = await home.exec(["tar", "-tzf", join(dir, digest.replace("sha256:", ""))]);
    names.push(listed.stdout.trim().split("\n"));
  }
  return names;
}

bothModes((mode) => {
  testImage(
    "an image is pushed whole: skopeo reads it, and the base's layer is the registry's own",
    async () => {
      await using home = await tempHome({ mode });
      const { version } = await buildForImage(home);
      const image = `${registry.host}/x/${mode}:1`;
      const made = await dockerize(home, "-t", image, "--base-image", base, "--push");
      expect(made).toMatchObject({ engine: "direct", pushed: true, tags: [image], version });
      const seen = (await skopeo(home, "inspect", "--tls-verify=false", `docker://${image}`)).json;
      expect(seen.Digest).toBe(made.digest);
      expect(seen.Labels).toMatchObject({ starwhale_runtime_name: "demo", starwhale_runtime_version: version });
      expect(seen.Env).toContain(`PATH=/opt/starwhale.user/runtime/export/venv/bin:/usr/local/bin:/usr/bin:/bin`);
      expect(seen.Env).toContain("SW_USER_RUNTIME_RESTORED=1");
      const [bottom = [], ...ours] = await layerNames(home, image);
      expect(bottom).toContain("usr/bin/python3.11");
      const prefix = "opt/starwhale.user/runtime/export/venv";
      expect(ours.flat()).toContain(`${prefix}/lib/python3.11/site-packages/tiny_pkg/__init__.py`);
      expect(ours.flat()).toContain(`${prefix}/bin/greet.sh`);
      expect(ours.flat()).toContain(`${prefix}/bin/python`);
      expect(ours.flat().filter((name) => /\.pyc$|__pycache__|uv_cache/.test(name))).toEqual([]);
    },
    SLOW,
  );

  testImage(
    "the same version gives the same digest in two homes, and a second push sends nothing",
    async () => {
      await using one = await tempHome({ mode });
      await using two = await tempHome({ mode });
      const digests: string[] = [];
      for (const home of [one, two]) {
        await buildForImage(home);
        const made = await dockerize(home, "-t", `${registry.host}/same/${mode}:1`, "--base-image", base, "--push");
        digests.push(made.digest);
      }
      expect(digests[0]).toBe(digests[1]);
      const again = await dockerize(two, "-t", `${registry.host}/same/${mode}:1`, "--base-image", base, "--push");
      expect(again).toMatchObject({ digest: digests[0], sent_bytes: 0 });
    },
    SLOW,
  );
});

testImage(
  "two platforms are one index of two manifests, each with the layers of its own base",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const image = `${registry.host}/x/two:1`;
    const made = await dockerize(
      home,
      "-t",
      image,
      "--base-image",
      base,
      "--push",
      "--platform",
      "arm64",
      "--platform",
      "linux/amd64",
    );
    expect(made.platforms.map((p: { platform: string }) => p.platform)).toEqual(["linux/amd64", "linux/arm64"]);
    const index = (await skopeo(home, "inspect", "--raw", "--tls-verify=false", `docker://${image}`)).json;
    expect(index.manifests.map((m: { platform: object }) => m.platform)).toEqual([
      { architecture: "amd64", os: "linux" },
      { architecture: "arm64", os: "linux", variant: "v8" },
    ]);
    await skopeo(home, "copy", "--all", "--src-tls-verify=false", `docker://${image}`, `oci:${home.dir}/two`);
  },
  SLOW,
);

testImage(
  "a changed file sends only its own layer",
  async () => {
    await using home = await tempHome();
    await buildForImage(home, { greeting: "one" });
    const args = ["-t", `${registry.host}/x/changed:1`, "--base-image", base, "--push"];
    const first = await dockerize(home, ...args);
    await buildForImage(home, { greeting: "two" });
    const second = await dockerize(home, ...args);
    expect(second.digest).not.toBe(first.digest);
    const before = await layerNames(home, `${registry.host}/x/changed@${first.digest}`);
    const after = await layerNames(home, `${registry.host}/x/changed:1`);
    expect(after.length).toBe(before.length);
    const { layers } = (
      await skopeo(home, "inspect", "--raw", "--tls-verify=false", `docker://${registry.host}/x/changed:1`)
    ).json;
    const config = (
      await skopeo(home, "inspect", "--raw", "--config", "--tls-verify=false", `docker://${registry.host}/x/changed:1`)
    ).stdout;
    expect(second.sent_bytes).toBe(layers.at(-1).size + config.length);
  },
  SLOW,
);

testImage(
  "an OCI layout and a docker archive are written whole and read by skopeo",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const layout = await dockerize(home, "-t", "demo:7", "--base-image", base, "--to", "oci-layout=out");
    const inLayout = (await skopeo(home, "inspect", `oci:${home.dir}/out:7`)).json;
    expect(inLayout.Digest).toBe(layout.digest);
    expect((await readdir(join(home.dir, "out"))).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
    await dockerize(home, "-t", "demo:7", "--base-image", base, "--to", "docker-archive=out.tar");
    const inArchive = (await skopeo(home, "inspect", `docker-archive:${home.dir}/out.tar`)).json;
    expect(inArchive.Labels).toEqual(inLayout.Labels);
    const again = await home.run([
      "runtime",
      "dockerize",
      "demo",
      "-t",
      "demo:7",
      "--base-image",
      base,
      "--to",
      "oci-layout=out",
    ]);
    expect(again.exitCode).toBe(4);
  },
  SLOW,
);

testImage(
  "docker's own manifests and zstd layers can be had",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const image = `${registry.host}/x/docker:1`;
    await dockerize(home, "-t", image, "--base-image", base, "--push", "--format", "docker");
    const raw = (await skopeo(home, "inspect", "--raw", "--tls-verify=false", `docker://${image}`)).json;
    expect(raw.mediaType).toBe("application/vnd.docker.distribution.manifest.v2+json");
    await dockerize(home, "-t", `${registry.host}/x/zstd:1`, "--base-image", base, "--push", "--compression", "zstd");
    const zstd = (await skopeo(home, "inspect", "--raw", "--tls-verify=false", `docker://${registry.host}/x/zstd:1`))
      .json;
    expect(zstd.layers.at(-1).mediaType).toEndWith("+zstd");
  },
  SLOW,
);

testImage(
  "what can't be made is refused before anything is sent, with the way out",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    await buildForImage(home, { name: "commands", dependencies: ["- commands: [echo hi]"] });
    const without = await pushTinyBase(registry.host, { repository: "base/without", python: "" });
    const other = await pushTinyBase(registry.host, { repository: "base/other", python: "3.9" });
    const tag = `${registry.host}/refused/x:1`;
    await home.write("taken/file", "x");
    // Known before anybody is asked for the base.
    const nobody = ["--base-image", "127.0.0.1:1/no/base:1", "--engine", "direct"];
    const both = ["--platform", "amd64", "--platform", "arm64"];
    const cases: [string[], number, string][] = [
      [["demo", "--push"], 2, "name the image with -t"],
      [["demo", "-t", tag, "--push", "--to", "oci-layout=x"], 2, "exclude each other"],
      [["demo", "-t", tag, "--to", "tar=x"], 2, "unknown destination"],
      [["demo", "-t", tag, "--to", "docker-archive=-"], 2, "--to docker-archive=./-"],
      [["demo", "-t", tag, "--push", "--format", "docker", "--compression", "zstd"], 2, "layers in zstd"],
      [["demo", "-t", "Not/Lower:1", "--push"], 2, "no name of an image"],
      [["demo", "-t", tag, "--push", "--platform", "riscv64"], 2, "riscv64"],
      [
        ["demo", "-t", tag, "--platform", "amd64", "--platform", "arm64", "--engine", "direct"],
        2,
        "can't be loaded into docker",
      ],
      [["demo", "-t", tag, "--to", "docker-archive=x.tar", ...both, ...nobody], 2, "holds one platform"],
      [["demo", "-t", tag, "--to", "oci-layout=taken", ...nobody], 4, "is there already"],
      [["demo", "-t", tag, "--to", "docker-archive=taken", ...nobody], 4, "is there already"],
      [["demo", "-t", tag, "--to", "oci-layout=/proc/image", ...nobody], 2, "nothing can be written to /proc"],
      [["demo", "-t", tag, "--to", "oci-layout=taken/file/x", ...nobody], 2, "taken/file (ENOTDIR)"],
      [["demo", "-t", tag, "--to", "docker-archive=taken/file", ...nobody], 4, "is there already"],
      [["demo", "-t", tag, "--to", "docker-archive=nowhere/x.tar", ...nobody], 3, "does not exist"],
      [["demo", "-t", tag, "--push", "--builder", "b", ...nobody], 2, "does not use"],
      [["demo", "-t", tag, "--push", "--base-image", without], 1, "no Python on its PATH"],
      [["demo", "-t", tag, "--push", "--base-image", other], 1, "Python 3.9"],
      [["demo", "-t", tag, "--push", "--base-image", `${registry.host}/nobody/knows:1`], 1, "no base image"],
      [["commands", "-t", tag, "--push", "--base-image", base, "--engine", "direct"], 1, "run inside the image"],
    ];
    for (const [args, exitCode, words] of cases) {
      const ran = await home.run(["runtime", "dockerize", ...args], { env: { UV_PYTHON_DOWNLOADS: "never" } });
      expect(ran.stderr).toContain(words);
      expect(ran.exitCode).toBe(exitCode);
    }
    expect((await fetch(`http://${registry.host}/v2/refused/x/tags/list`)).status).toBe(404);
  },
  SLOW,
);

test(
  "a dry run prints a Dockerfile that any docker since 19.03 reads, and asks nobody",
  async () => {
    await using home = await tempHome();
    await buildForImage(home, { dependencies: ["- commands: ['echo \"$HOME\" > /tmp/x']"] });
    const args = ["-t", "nowhere.invalid/x:1", "--push", "--base-image", "nowhere.invalid/base:1", "--dry-run"];
    const ran = await home.run(["runtime", "dockerize", "demo", ...args]);
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout).toContain("FROM nowhere.invalid/base:1 AS base");
    expect(ran.stdout).toContain('RUN ["/bin/sh","-c","echo \\"$HOME\\" > /tmp/x"]');
    expect(ran.stdout).toContain("docker buildx build");
    expect(ran.stdout).not.toMatch(/--mount|# syntax|--build-context/);
  },
  SLOW,
);
