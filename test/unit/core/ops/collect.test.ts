import { describe, expect, test } from "bun:test";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { readSpec } from "#core/manifest/read-spec.ts";
import type { RuntimeSpec } from "#core/manifest/spec.ts";
import { collectPath } from "#core/ops/collect.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { hasBlob } from "#core/store/blobs.ts";
import { needsLinux, testWith } from "../../../helpers/needs.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

const YAML = "name: demo\ndependencies:\n  - files:\n    - { src: tree, dest: t }\n";

/** A project with files in it and one folder beside it whose name begins like its own. */
async function project(home: StoreHome, files: Readonly<Record<string, string>> = {}): Promise<RuntimeSpec> {
  await mkdir(`${home.dir}/p/tree`, { recursive: true });
  for (const [path, text] of Object.entries({
    "p/runtime.yaml": YAML,
    "p-other/x": "secret",
    "p/tree-other/x": "",
    ...files,
  }))
    await home.write(path, text);
  return await readSpec(home.ctx, `${home.dir}/p/runtime.yaml`);
}

const collect = async (home: StoreHome, spec: RuntimeSpec, source = "tree") =>
  await collectPath(home.ctx, spec, { source, target: `files/${source}`, at: { line: 4, column: 14 } });

test("a tree comes with its folders, files and links by name, readable by all, runnable where somebody could run it", async () => {
  await using home = await storeHome();
  const spec = await project(home, { "p/tree/b/run": "run", "p/tree/a": "text", "p/tree/b/c": "more" });
  await mkdir(`${home.dir}/p/tree/empty`);
  await chmod(`${home.dir}/p/tree/b/run`, 0o700);
  await chmod(`${home.dir}/p/tree/a`, 0o600);
  await symlink("b/run", `${home.dir}/p/tree/link`);
  const file = (path: string, text: string, mode = 0o644) => {
    return { path: `files/tree${path}`, mode, type: "file" as const, size: text.length, sha256: sha256Hex(text) };
  };
  const folder = (path: string) => ({ path: `files/tree${path}`, mode: 0o755, type: "dir" as const, size: 0 });
  const entries = await collect(home, spec);
  expect(entries).toEqual([
    folder(""),
    file("/a", "text"),
    folder("/b"),
    file("/b/c", "more"),
    file("/b/run", "run", 0o755),
    folder("/empty"),
    { path: "files/tree/link", mode: 0o777, type: "symlink", size: 0, link: "b/run" },
  ]);
  for (const { sha256 } of entries) expect(sha256 === undefined || (await hasBlob(home.ctx, sha256))).toBe(true);
});

test("the entries are the same whatever order the disk gives", async () => {
  await using home = await storeHome();
  const names = Array.from({ length: 30 }, (_, i) => `p/tree/${(i * 7) % 30}/f`);
  const spec = await project(home, Object.fromEntries(names.map((name) => [name, name])));
  const paths = (await collect(home, spec)).map(({ path }) => path);
  const folders = paths.filter((path) => !path.endsWith("/f"));
  expect(folders).toEqual([...folders].sort());
  expect(paths).toHaveLength(61);
});

describe("links", () => {
  test.each(["../..", "../../p-other/x", "../../tree-other/x", "/etc/hosts", "deep/../../.."])(
    "one of a tree that leads to %p is refused by its name",
    async (aim) => {
      await using home = await storeHome();
      const spec = await project(home, { "p/tree/deep/f": "" });
      await symlink(aim, `${home.dir}/p/tree/deep/link`);
      await expect(collect(home, spec)).rejects.toMatchObject({
        code: "MANIFEST_PATH",
        message: expect.stringContaining(`tree/deep/link -> ${aim} leads out`),
      });
    },
  );

  test("one with a whole path is refused, even into the tree itself: it is another one elsewhere", async () => {
    await using home = await storeHome();
    const spec = await project(home, { "p/tree/f": "" });
    await symlink(`${spec.dir}/tree/f`, `${home.dir}/p/tree/link`);
    await expect(collect(home, spec)).rejects.toMatchObject({ code: "MANIFEST_PATH" });
  });

  test.each(["..", ".", "f", "../deep/f", "nowhere", "link"])("one that leads to %p stays as it is", async (aim) => {
    await using home = await storeHome();
    const spec = await project(home, { "p/tree/deep/f": "" });
    await symlink(aim, `${home.dir}/p/tree/deep/link`);
    expect((await collect(home, spec)).at(-1)).toMatchObject({ type: "symlink", link: aim });
  });

  test("what the yaml itself names may be a link, but not one that leads out of the yaml's folder", async () => {
    await using home = await storeHome();
    const spec = await project(home, { "p/tree/f": "text" });
    await symlink("tree", `${home.dir}/p/inside`);
    await symlink("../p-other", `${home.dir}/p/outside`);
    expect((await collect(home, spec, "inside")).map(({ path }) => path)).toEqual(["files/inside", "files/inside/f"]);
    for (const source of ["outside", "outside/x", "../p-other/x", ".."]) {
      const refused = { code: "MANIFEST_PATH", message: expect.stringContaining(`${source} leads out of the folder`) };
      await expect(collect(home, spec, source)).rejects.toMatchObject(refused);
    }
    expect(await home.stored()).not.toContain("secret");
  });
});

test("what is not there is named with its line of the yaml", async () => {
  await using home = await storeHome();
  const spec = await project(home, { "p/tree/f": "" });
  for (const source of ["nowhere", "tree/f/below"]) {
    await expect(collect(home, spec, source)).rejects.toMatchObject({
      code: "MANIFEST_FILE_MISSING",
      message: `p/runtime.yaml:4:14: ${source} is not there (looked for ${spec.dir}/${source})\n  4 |     - { src: tree, dest: t }\n    |              ^`,
    });
  }
});

testWith(needsLinux())("what is no file, or has a name that can't be kept, is refused and not waited for", async () => {
  await using home = await storeHome();
  const spec = await project(home);
  Bun.spawnSync(["mkfifo", `${home.dir}/p/tree/pipe`]);
  const refused = (text: string) => ({ code: "MANIFEST_PATH", message: expect.stringContaining(text) });
  await expect(collect(home, spec)).rejects.toMatchObject(refused("tree/pipe is neither a file, a folder nor a link"));
  await expect(collect(home, spec, "tree/pipe")).rejects.toMatchObject(refused("is neither a file nor a folder"));
  await mkdir(`${home.dir}/p/names`);
  Bun.spawnSync(["sh", "-c", `touch "$(printf 'bad\\377')"`], { cwd: `${home.dir}/p/names` });
  await expect(collect(home, spec, "names")).rejects.toMatchObject(refused("its name is not UTF-8"));
});
