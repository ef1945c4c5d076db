/** Which packages get into an image of the direct engine, in which layers, and which are refused by name. */
import { afterAll, beforeAll, expect } from "bun:test";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { pushTinyBase } from "../servers/base-image.ts";
import { makeRepository, serveGit } from "../servers/git-host.ts";
import { servePackages } from "../servers/package-index.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";
import { layersIn } from "./image-layers.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";

const missing = await registryMissing();
const testImage = testWith(missing);
const SLOW = 60_000;

let registry: RegistryServer;

beforeAll(async () => {
  if (!missing) registry = await startRegistry();
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

const baseWith = async (glibc: number) =>
  await pushTinyBase(registry.host, { repository: `base/glibc-${glibc}`, glibc });

/** A runtime of packages from an index of the test, for amd64. */
const buildFrom = async (home: Home, url: string, pip: string) =>
  await buildForImage(home, {
    dependencies: [`- pip: ["${pip}"]`],
    more: [`configs: { pip: { index_url: "${url}" } }`, "environment: { python: '3.11', arch: [amd64] }"],
  });

const refused = async (home: Home, base: string) =>
  await home.run(
    [
      ...["-o", "json", "runtime", "dockerize", "demo", "-t", "demo:1", "--to", "oci-layout=refused"],
      ...["--base-image", base, "--engine", "direct"],
    ],
    {},
  );

const linuxWheel = async (home: Home, name: string, glibc: number) =>
  await makeWheel(join(home.dir, "w"), { name, tag: `py3-none-manylinux_2_${glibc}_x86_64` });

testImage(
  "of a package's wheels the image gets the one that its base's C library runs",
  async () => {
    await using home = await tempHome();
    const wheels = [await makeWheel(join(home.dir, "w"), { name: "both" }), await linuxWheel(home, "both", 34)];
    await using index = await servePackages(wheels);
    await buildFrom(home, index.url, "both");
    const tags: (string | undefined)[] = [];
    for (const glibc of [31, 36]) {
      const args = ["--base-image", await baseWith(glibc), "--to", `oci-layout=out-${glibc}`];
      await dockerize(home, "-t", "demo:1", ...args);
      const layers = await layersIn(home, join(home.dir, `out-${glibc}`));
      const both = layers.find(({ names }) => names.some((name) => name.includes("/both-1.0.dist-info/")));
      tags.push(/^Tag: (.*)$/m.exec(both?.text ?? "")?.[1]);
    }
    expect(tags).toEqual(["py3-none-any", "py3-none-manylinux_2_34_x86_64"]);
  },
  SLOW,
);

testImage(
  "a wheel for Ubuntu 20.04's C library is taken for a base that has it, and named where the base is older",
  async () => {
    await using home = await tempHome();
    await using index = await servePackages([await linuxWheel(home, "focal-only", 31)]);
    await buildFrom(home, index.url, "focal-only");
    const older = await refused(home, await baseWith(28));
    expect(older.exitCode).toBe(1);
    expect(older.json.error.message).toBe("the wheels of focal-only need glibc 2.31 or newer; the base image has 2.28");
    const unknown = await refused(home, await pushTinyBase(registry.host));
    expect(unknown.json.error.message).toEndWith("the base image does not tell its own");
    await dockerize(home, "-t", "demo:1", "--base-image", await baseWith(31), "--to", "oci-layout=out");
  },
  SLOW,
);

/** What says all that a lock wants without being built. */
async function sourceArchive(home: Home, name: string): Promise<string> {
  const dir = join(home.dir, "sources", `${name}-1.0`);
  const about = ["Metadata-Version: 2.2", `Name: ${name}`, "Version: 1.0", ""].join("\n");
  await home.write(join(dir, "PKG-INFO"), about);
  await home.write(join(dir, "pyproject.toml"), `[project]\nname = "${name}"\nversion = "1.0"\n`);
  const path = join(home.dir, "sources", `${name}-1.0.tar.gz`);
  expect(await home.exec(["tar", "-czf", path, "-C", join(dir, ".."), `${name}-1.0`])).toMatchObject({ exitCode: 0 });
  return path;
}

testImage(
  "a package that has only sources is refused by its name, with the engine that can build it",
  async () => {
    await using home = await tempHome();
    await using index = await servePackages([await sourceArchive(home, "sourced")]);
    await buildFrom(home, index.url, "sourced");
    const ran = await refused(home, await baseWith(36));
    expect(ran.exitCode).toBe(1);
    expect(ran.json.error).toMatchObject({ code: "IMAGE_FAILED", hint: expect.stringContaining("--engine buildx") });
    expect(ran.json.error.message).toStartWith("sourced has no wheel");
  },
  SLOW,
);

testWith(missing, needsProgram("git"))(
  "a package from version control is refused by its name, with the engine that can build it",
  async () => {
    await using home = await tempHome();
    const project = '[project]\nname = "vp"\nversion = "1"\n';
    await makeRepository(home.dir, "vp", { "pyproject.toml": project, "vp/__init__.py": "" });
    await using host = serveGit(home.dir);
    await using index = await servePackages([]);
    await buildFrom(home, index.url, `vp @ git+http://${host.host}/vp.git`);
    const ran = await refused(home, await baseWith(36));
    expect(ran.json.error.message).toStartWith("vp comes from version control");
    expect(ran.json.error.hint).toContain("--engine buildx");
  },
  SLOW,
);

testImage(
  "large packages are in a layer below small ones, so that a small one that changes sends little",
  async () => {
    await using home = await tempHome();
    const data = Buffer.alloc(11 * 1024 * 1024, "0123456789abcdef").toString();
    const wheels = [
      await makeWheel(join(home.dir, "w"), { name: "large", more: { "large/data": data } }),
      await makeWheel(join(home.dir, "w"), { name: "small", requires: ["large"] }),
    ];
    await using index = await servePackages(wheels);
    await buildFrom(home, index.url, "small");
    await dockerize(home, "-t", "demo:1", "--base-image", await baseWith(36), "--to", "oci-layout=out");
    const layers = await layersIn(home, join(home.dir, "out"));
    const holding = (name: string) =>
      layers.flatMap(({ names }, at) => (names.some((path) => path.endsWith(`/${name}/__init__.py`)) ? [at] : []));
    expect([holding("large"), holding("small"), holding("tiny_pkg")]).toEqual([[1], [2], [3]]);
  },
  SLOW,
);
