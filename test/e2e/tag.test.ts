import { expect, test } from "bun:test";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { buildMany } from "./small-runtime.ts";

const tag = async (home: Home, ...args: string[]) => {
  const ran = await home.run(["-o", "json", "runtime", "tag", ...args]);
  return { code: ran.exitCode, json: ran.json };
};

/** tag → the place of its version in `ids`. */
async function tags(home: Home, ids: readonly string[]): Promise<Record<string, number>> {
  const rows: { tag: string; version: string }[] = (await tag(home, "a")).json.tags;
  return Object.fromEntries(rows.map((row) => [row.tag, ids.indexOf(row.version)]));
}

bothModes((mode) => {
  test("tags go to the version that is named, else to the latest, and are listed for the whole runtime", async () => {
    await using home = await tempHome({ mode });
    const ids = await buildMany(home, "a", 2);
    expect((await tag(home, "a", "x", "y")).code).toBe(0);
    expect((await tag(home, `a/version/${ids[0]?.slice(0, 6)}`, "z")).code).toBe(0);
    expect(await tags(home, ids)).toEqual({ latest: 1, v1: 1, x: 1, y: 1, v0: 0, z: 0 });
    expect((await tag(home, "a/version/v0")).json.tags.map((row: { tag: string }) => row.tag)).toEqual(["v0", "z"]);
    expect((await home.run(["runtime", "tag", "a/version/z"])).stdout).toContain(ids[0]?.slice(0, 12) ?? "?");
  });

  test("a tag of another version moves only with -f, which says from where; several are all or nothing", async () => {
    await using home = await tempHome({ mode });
    const ids = await buildMany(home, "a", 2);
    await tag(home, "a/version/v0", "x");
    const taken = await tag(home, "a", "new", "x");
    expect([taken.code, taken.json.error.code]).toEqual([4, "TAG_TAKEN"]);
    expect(taken.json.error.message).toContain(ids[0]?.slice(0, 12));
    expect(await tags(home, ids)).not.toHaveProperty("new");
    const moved = await home.run(["runtime", "tag", "--force-add", "a", "new", "x"]);
    expect(moved.stderr).toContain(`tag x moved from ${ids[0]?.slice(0, 12)} to ${ids[1]?.slice(0, 12)}`);
    expect(await tags(home, ids)).toMatchObject({ x: 1, new: 1 });
  });

  test("latest, vN and what is no name are refused, for adding and removing", async () => {
    await using home = await tempHome({ mode });
    const ids = await buildMany(home, "a", 1);
    for (const args of [["latest"], ["v7"], ["-r", "v0"], ["-f", "latest"], ["9x"], ["a/b"]]) {
      const refused = await tag(home, "a", ...args);
      expect([args, refused.code, refused.json.error.code]).toEqual([args, 2, "USAGE"]);
    }
    expect(await tags(home, ids)).toEqual({ latest: 0, v0: 0 });
  });

  test("-r removes tags, all or none; with -q those that are there", async () => {
    await using home = await tempHome({ mode });
    const ids = await buildMany(home, "a", 2);
    await tag(home, "a/version/v0", "x");
    const missing = await tag(home, "-r", "a", "x", "nope");
    expect([missing.code, missing.json.error.code]).toEqual([3, "TAG_NOT_FOUND"]);
    expect(await tags(home, ids)).toHaveProperty("x");
    expect((await tag(home, "-r", "a/version/v1", "x")).json.error.code).toBe("TAG_NOT_FOUND");
    expect(await home.run(["runtime", "tag", "-rq", "a", "x", "nope", "v0"])).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
    expect(await tags(home, ids)).toEqual({ latest: 1, v1: 1, v0: 0 });
  });

  test("-q leaves out what can't be added, and only that", async () => {
    await using home = await tempHome({ mode });
    const ids = await buildMany(home, "a", 2);
    await tag(home, "a/version/v0", "x");
    expect((await tag(home, "-q", "a", "x", "v9", "y")).code).toBe(0);
    expect(await tags(home, ids)).toEqual({ latest: 1, v1: 1, y: 1, v0: 0, x: 0 });
  });

  test("runtimes and versions that are not there are errors, also with -q", async () => {
    await using home = await tempHome({ mode });
    await buildMany(home, "a", 1);
    expect((await tag(home, "-q", "nope", "x")).json.error.code).toBe("RUNTIME_NOT_FOUND");
    expect((await tag(home, "a/version/zzzz", "x")).json.error.code).toBe("VERSION_NOT_FOUND");
    expect((await home.run(["runtime", "tag", "-r", "a"])).exitCode).toBe(2);
  });
});
