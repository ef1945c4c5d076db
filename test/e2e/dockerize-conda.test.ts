/** Images of conda runtimes by both engines, with no conda anywhere: packages of a small real channel of the test. */
import { afterAll, beforeAll, expect } from "bun:test";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { pushRealBase, pushTinyBase, realBaseMissing } from "../servers/base-image.ts";
import { channelPython, condaChannel } from "../servers/conda-channel.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";
import { dockerHome, noBuildx } from "./docker-home.ts";
import { dockerize } from "./image-runtime.ts";

const missing = await registryMissing();
const noChannel = needsLinux() ?? (channelPython() ? undefined : "a CPython with a prefix of its own");
const testConda = testWith(missing, noChannel);
const testEngines = testWith(missing, noChannel, noBuildx, realBaseMissing());
const SLOW = 300_000;
const PREFIX = "/opt/starwhale.user/runtime/export/venv";

let registry: RegistryServer;

beforeAll(async () => {
  if (!missing) registry = await startRegistry();
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

/** A runtime with packages that name their prefix, an entry point, a variable, and a wheel by pip. */
async function buildConda(home: Home, dependencies: string[] = []): Promise<void> {
  const { dir, minor } = await condaChannel();
  const lines = ["conda: [native, hail]", "env.yml", "wheels: [wheels/tiny_pkg-1.0-py3-none-any.whl]", ...dependencies];
  const project = await home.project({
    "runtime.yaml": [
      `name: demo\nenvironment: { python: "${minor}", arch: amd64 }`,
      `configs: { conda: { channels: ["file://${dir}/main"] } }`,
      `dependencies:\n${lines.map((line) => `  - ${line}\n`).join("")}`,
    ].join("\n"),
    "env.yml": 'name: x\ndependencies: [everywhere]\nvariables: { FROM_YML: "yes\\nit is" }\n',
  });
  await makeWheel(join(project, "wheels"), { name: "tiny-pkg" });
  const built = await home.run(["runtime", "build", "--prepare", "no"], { cwd: project });
  if (built.exitCode !== 0) throw new Error(built.stderr);
}

testConda(
  "the packages are laid out for the image's prefix, the same in two homes, and nothing names a builder's folder",
  async () => {
    const { minor } = await condaChannel();
    const base = await pushTinyBase(registry.host, { python: "" });
    const digests: string[] = [];
    for (const _ of ["one", "two"]) {
      await using home = await tempHome();
      await buildConda(home);
      const made = await dockerize(home, "-t", "demo:1", "--base-image", base, "--to", "oci-layout=out");
      digests.push(made.digest);
      const files = await unpacked(home, join(home.dir, "out"));
      const read = async (path: string) =>
        Buffer.from(await Bun.file(`${files}${PREFIX}/${path}`).bytes()).toString("latin1");
      expect(await read("bin/hail")).toStartWith(`#!${PREFIX}/bin/python${minor}\n`);
      expect(await read("bin/native-info")).toStartWith(`#!${PREFIX}/bin/python${minor}\n`);
      expect(await read("etc/native.conf")).toBe(`home = ${PREFIX}/share/native\n`);
      const binary = await read("lib/native.bin");
      expect(binary.replace(/\0+/g, "\0")).toBe(`head\0${PREFIX}/share/native\0tail ${PREFIX}:${PREFIX}/x\0end`);
      expect(await read(`lib/python${minor}/site-packages/tiny_pkg/__init__.py`)).toContain("1.0");
      const note = JSON.parse(await read("conda-meta/native-1.0-h1_0.json"));
      expect(note).toMatchObject({ name: "native", version: "1.0" });
      const named = await home.exec(["grep", "-rl", "-e", home.root, "-e", home.dir, files]);
      expect(named.stdout).toBe("");
    }
    expect(digests[0]).toBe(digests[1]);
  },
  SLOW,
);

/** The layers of a layout's only image, one over the other. */
async function unpacked(home: Home, layout: string): Promise<string> {
  const blob = (digest: string) => join(layout, "blobs/sha256", digest.replace("sha256:", ""));
  const index = await Bun.file(join(layout, "index.json")).json();
  const { layers } = await Bun.file(blob(index.manifests[0].digest)).json();
  const target = await home.project({});
  for (const { digest } of layers) await home.exec(["tar", "-xzf", blob(digest), "-C", target]);
  return target;
}

testEngines(
  "both engines give the same image, in which the packages run and the variables are set",
  async () => {
    await using home = await dockerHome();
    const base = await pushRealBase(registry.host);
    await buildConda(home);
    const listings: string[] = [];
    for (const engine of ["direct", "buildx"]) {
      const image = `${registry.host}/conda/${engine}:1`;
      const made = await dockerize(home, "-t", image, "--base-image", base.reference, "--engine", engine, "--push");
      expect(made).toMatchObject({ engine, pushed: true });
      const inside = (...argv: string[]) => home.exec(["docker", "run", "--rm", image, ...argv]);
      await home.exec(["docker", "pull", "-q", image]);
      expect((await inside("hail")).stdout).toBe("hail 2.0\n");
      expect((await inside("native-info")).stdout).toBe(`${PREFIX}\n`);
      expect((await inside("python", "-c", "import loud, tiny_pkg; print(tiny_pkg.VERSION)")).stdout).toBe("1.0\n");
      const shown = `. ${PREFIX}/bin/activate >/dev/null; echo "$FROM_YML|$CONDA_PREFIX|$NATIVE_HOME"`;
      expect((await inside("sh", "-c", shown)).stdout).toBe(`yes\nit is|${PREFIX}|${PREFIX}/share/native\n`);
      listings.push((await inside("sh", "-c", `cd ${PREFIX} && ls -lnR --time-style=+ . | grep -v ^total`)).stdout);
      await home.exec(["docker", "rmi", "-f", image]);
    }
    expect(listings[1]).toBe(listings[0]);
  },
  SLOW,
);

testEngines(
  "commands of a conda runtime run inside the image with its Python",
  async () => {
    await using home = await dockerHome();
    const base = await pushRealBase(registry.host);
    await buildConda(home, ["commands: ['hail > /tmp/said']"]);
    const image = `${registry.host}/conda/commands:1`;
    const made = await dockerize(home, "-t", image, "--base-image", base.reference);
    expect(made).toMatchObject({ engine: "buildx" });
    expect((await home.exec(["docker", "run", "--rm", image, "cat", "/tmp/said"])).stdout).toBe("hail 2.0\n");
    await home.exec(["docker", "rmi", "-f", image]);
  },
  SLOW,
);
