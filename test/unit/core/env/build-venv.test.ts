/** Real environments from wheels made here: nothing is asked of an index. */
import { expect, test } from "bun:test";
import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { buildVenv } from "#core/env/build-venv.ts";
import type { Recipe, WheelFile } from "#core/env/recipe.ts";
import { linkWheels } from "#core/env/wheel-links.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { requirePython } from "#core/python/find.ts";
import { blobPath, putBlobBytes, putBlobFile } from "#core/store/blobs.ts";
import { type LockHome, lockHome, python3 } from "../lock/lock-home.ts";
import { makeWheel, type WheelSpec } from "../lock/make-wheel.ts";

const MINUTES = 60_000;

async function put(home: LockHome, spec: WheelSpec): Promise<WheelFile> {
  const path = await makeWheel(`${home.dir}/wheels`, spec);
  return { name: basename(path), sha256: (await putBlobFile(home.ctx, path)).sha256 };
}

const recipeWith = (more: Partial<Recipe>): Recipe => ({
  ...{ mode: "venv", python: python3().minor, platforms: [], requirements: undefined, vcs: undefined },
  ...{ conda: undefined, locked: true, wheels: [], files: [] },
  pip: { indexUrl: "", extraIndexUrl: [], trustedHost: [] },
  ...more,
});

async function build(home: LockHome, name: string, recipe: Recipe): Promise<string> {
  const prefix = `${home.dir}/${name}`;
  await buildVenv(home.ctx, { prefix, recipe, python: await requirePython(home.ctx, recipe.python) });
  return prefix;
}

const python = async (prefix: string, code: string) =>
  (await Bun.spawn([`${prefix}/bin/python`, "-I", "-c", code]).stdout.text()).trim();

test(
  "an environment imports its wheels, has its files, and no record in it names a path of ours",
  async () => {
    await using home = await lockHome();
    const wheels = [await put(home, { name: "demo-a" }), await put(home, { name: "demob", version: "2.0" })];
    const { sha256, size } = await putBlobBytes(home.ctx, "#!/bin/sh\necho hi\n");
    const entries = [{ path: "", mode: 0o755, type: "file" as const, size, sha256 }];
    const prefix = await build(home, "env", recipeWith({ wheels, files: [{ dest: "bin/hi", entries }] }));
    expect(await python(prefix, "import demo_a, demob; print(demo_a.VERSION, demob.VERSION)")).toBe("1.0 2.0");
    expect(await Bun.spawn([`${prefix}/bin/hi`]).stdout.text()).toBe("hi\n");
    // lib64 leads to lib.
    const files = (await readdir(prefix, { recursive: true })).filter((path) => !path.startsWith("lib64/"));
    expect(files.filter((path) => path.endsWith("/direct_url.json"))).toEqual([]);
    expect(files.filter((path) => path.endsWith("/METADATA"))).toHaveLength(2);
  },
  MINUTES,
);

test(
  "a wheel that does not have the lock's hash, or none in a lock of hashes, is not installed",
  async () => {
    await using home = await lockHome();
    const wheel = await makeWheel(`${home.dir}/wheels`, { name: "demo-a" });
    const plain = await makeWheel(`${home.dir}/wheels`, { name: "demob" });
    const lock = async (hash: string, more = "") =>
      (await putBlobBytes(home.ctx, `demo-a @ file://${wheel} --hash=sha256:${hash}\n${more}`)).sha256;
    const { sha256 } = await putBlobFile(home.ctx, wheel);
    const right = await lock(sha256);
    const prefix = await build(home, "right", recipeWith({ requirements: right }));
    expect(await python(prefix, "import demo_a; print(demo_a.VERSION)")).toBe("1.0");
    for (const bad of [await lock("0".repeat(64)), await lock(sha256, `demob @ file://${plain}\n`)]) {
      const refused = { code: "ENV_BUILD_FAILED", message: expect.stringMatching(/hash/i) };
      await expect(build(home, bad, recipeWith({ requirements: bad }))).rejects.toMatchObject(refused);
    }
  },
  MINUTES,
);

test("wheels of another platform are carried but not asked for here", async () => {
  await using home = await lockHome();
  const other = thisPlatform().endsWith("x86_64") ? "manylinux2014_aarch64" : "manylinux2014_x86_64";
  const wheels = [await put(home, { name: "demo" }), await put(home, { name: "other", tag: `py3-none-${other}` })];
  const links = await linkWheels(home.ctx, [...wheels, ...wheels.slice(0, 1)]);
  expect(links.requirements).toEqual(["demo==1.0"]);
  expect(links.folders).toHaveLength(3);
});

test("a wheel is linked under its own name, once, at a path that stays", async () => {
  await using home = await lockHome();
  const wheel = await put(home, { name: "demo" });
  const [first, second] = [await linkWheels(home.ctx, [wheel]), await linkWheels(home.ctx, [wheel])];
  expect(second).toEqual(first);
  const [folder = ""] = first.folders;
  expect(await readdir(folder)).toEqual(["demo-1.0-py3-none-any.whl"]);
  const [link, blob] = [await stat(`${folder}/${wheel.name}`), await stat(blobPath(home.ctx, wheel.sha256))];
  expect(link.ino).toBe(blob.ino);
});

test("a damaged wheel that the store has got back is not served from its old link", async () => {
  await using home = await lockHome();
  const wheel = await put(home, { name: "demo" });
  const { folders } = await linkWheels(home.ctx, [wheel]);
  const blob = blobPath(home.ctx, wheel.sha256);
  await chmod(blob, 0o644);
  await writeFile(blob, "damaged");
  await rm(blob);
  await putBlobFile(home.ctx, `${home.dir}/wheels/${wheel.name}`);
  await linkWheels(home.ctx, [wheel]);
  expect((await readFile(`${folders[0]}/${wheel.name}`)).equals(await readFile(blob))).toBe(true);
  expect(await readdir(folders[0] ?? "")).toEqual([wheel.name]);
});

test("what has no wheel's name is refused", async () => {
  await using home = await lockHome();
  const { sha256 } = await putBlobBytes(home.ctx, "x");
  const linked = linkWheels(home.ctx, [{ name: "demo.whl", sha256 }]);
  await expect(linked).rejects.toMatchObject({ code: "PACKAGE_INVALID" });
});
