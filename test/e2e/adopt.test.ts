/** Packages and tags that the Python client left under the same root work here, and stay as they are. */
import { expect, test } from "bun:test";
import { cp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { GOLDENS, golden, leaveGoldens, theirFiles } from "./golden.ts";

const [SIMPLE, FULL, NOLOCK, DOCKER] = GOLDENS;

bothModes((mode) => {
  test("what the Python client left is listed with its tags, without reading or writing any package", async () => {
    await using home = await tempHome({ mode });
    await leaveGoldens(home.root);
    const before = await theirFiles(home.root);
    expect(await tags(home)).toEqual({
      [SIMPLE.id]: ["v1"],
      [FULL.id]: ["latest", "v0", "t1", "t2"],
      [NOLOCK.id]: ["latest", "v2"],
      [DOCKER.id]: ["latest", "v0"],
    });
    expect(await Bun.file(join(home.root, ".store/v1/trees/44")).exists()).toBe(false);
    expect(await theirFiles(home.root)).toEqual(before);
  }, 30_000);

  test("their versions work by name, tag, vN and prefix, and can be extracted", async () => {
    await using home = await tempHome({ mode });
    await leaveGoldens(home.root);
    const before = await theirFiles(home.root);
    const version = async (uri: string) =>
      (await home.run(["-o", "json", "runtime", "info", uri])).json.basic?.version as string;
    expect(await version("demo3")).toBe(NOLOCK.id);
    expect(await version("demo3/version/v1")).toBe(SIMPLE.id);
    expect(await version("Demo-Full/version/t2")).toBe(FULL.id);
    expect(await version(`pytorch/version/${DOCKER.id.slice(0, 6)}`)).toBe(DOCKER.id);
    expect((await home.run(["runtime", "extract", "Demo-Full", "--target-dir", "out"])).exitCode).toBe(0);
    expect(await Bun.file(join(home.dir, "out/files/scripts/prepare.sh")).exists()).toBe(true);
    expect(await theirFiles(home.root)).toEqual(before);
  }, 30_000);

  test("our tags lie over theirs, theirs still appear when they add some, and their table is not touched", async () => {
    await using home = await tempHome({ mode });
    await leaveGoldens(home.root);
    const before = await theirFiles(home.root);
    expect((await home.run(["runtime", "tag", "Demo-Full", "ours"])).exitCode).toBe(0);
    expect((await home.run(["runtime", "tag", "-r", "Demo-Full", "t1"])).exitCode).toBe(0);
    expect((await tags(home))[FULL.id]).toEqual(["latest", "v0", "ours", "t2"]);
    expect(await theirFiles(home.root)).toEqual(before);
    const table = join(home.root, "self/runtime/Demo-Full/_manifest.yaml");
    const text = (await Bun.file(table).text()).replace("  t2:", `  theirs: ${FULL.id}\n  t2:`);
    await writeFile(`${table}.new`, text);
    await rename(`${table}.new`, table);
    expect((await tags(home))[FULL.id]).toEqual(["latest", "v0", "ours", "t2", "theirs"]);
  }, 30_000);

  test("what we remove is hidden and recovered; removed for good it stays hidden; their files stay", async () => {
    await using home = await tempHome({ mode });
    await leaveGoldens(home.root);
    const before = await theirFiles(home.root);
    expect((await home.run(["runtime", "remove", "-y", "demo3/version/v2"])).exitCode).toBe(0);
    expect(Object.keys(await tags(home))).not.toContain(NOLOCK.id);
    expect((await tags(home))[SIMPLE.id]).toEqual(["latest", "v1"]);
    expect((await home.run(["runtime", "recover", `demo3/version/${NOLOCK.id}`])).exitCode).toBe(0);
    expect((await tags(home))[NOLOCK.id]).toEqual(["latest", "v2"]);
    expect((await home.run(["runtime", "remove", "-f", "-y", "demo3"])).exitCode).toBe(0);
    expect(Object.keys(await tags(home)).sort()).toEqual([FULL.id, DOCKER.id].sort());
    expect((await home.run(["runtime", "info", "demo3"])).exitCode).toBe(3);
    expect(await theirFiles(home.root)).toEqual(before);
  }, 30_000);

  test("a version that they add later appears and is the latest; one that they remove goes", async () => {
    await using home = await tempHome({ mode });
    await leaveGoldens(home.root);
    const late = join(home.root, "self/runtime/demo3");
    await cp(join(late, "k7"), join(home.dir, "k7"), { recursive: true });
    await rm(join(late, "k7"), { recursive: true });
    await cp(golden("g01-yaml-simple", "tag_manifest.yaml"), join(late, "_manifest.yaml"));
    expect((await tags(home))[SIMPLE.id]).toEqual(["latest", "v1"]);
    await home.run(["runtime", "tag", "demo3", "ours"]);
    await cp(join(home.dir, "k7"), join(late, "k7"), { recursive: true });
    await cp(golden("g03-yaml-nolock", "tag_manifest.yaml"), join(late, "_manifest.yaml"));
    expect(await tags(home)).toMatchObject({ [SIMPLE.id]: ["v1", "ours"], [NOLOCK.id]: ["latest", "v2"] });
    await rm(join(late, "k7"), { recursive: true });
    expect((await tags(home))[SIMPLE.id]).toEqual(["latest", "v1", "ours"]);
  }, 30_000);

  test("a damaged file of theirs is an error where its content is needed, and no obstacle elsewhere", async () => {
    await using home = await tempHome({ mode });
    await leaveGoldens(home.root);
    await writeFile(join(home.root, "self/runtime/pytorch/ro", `${DOCKER.id}.swrt`), "broken");
    await writeFile(join(home.root, "self/runtime/Demo-Full/_manifest.yaml"), ": [not yaml");
    expect(Object.keys(await tags(home))).toHaveLength(4);
    const info = await home.run(["-o", "json", "runtime", "info", "pytorch"]);
    expect(info).toMatchObject({ exitCode: 1, json: { error: { code: "PACKAGE_INVALID" } } });
    expect((await home.run(["runtime", "info", "Demo-Full"])).exitCode).toBe(0);
  }, 30_000);
});

async function tags(home: Home): Promise<Record<string, string[]>> {
  const listed = await home.run(["-o", "json", "runtime", "list"]);
  return Object.fromEntries(listed.json.map((row: { version: string; tags: string[] }) => [row.version, row.tags]));
}
