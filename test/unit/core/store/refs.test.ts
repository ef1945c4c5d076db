import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { tagsOf } from "#core/store/ref.ts";
import { listRefs, readRef, updateRef } from "#core/store/refs.ts";
import { storeCtx } from "./store-ctx.ts";

const at = { project: "self", name: "a" };

const add = (ctx: Ctx, id: string, name = "a") =>
  updateRef(ctx, { project: "self", name }, (ref) => {
    ref.versions.push({ id, created_at: 1, added_at: ref.versions.length, size: 1 });
    ref.tags.latest = id;
  });

const ids = async (ctx: Ctx) => (await readRef(ctx, "self", "a"))?.versions.map(({ id }) => id);

test("what another process writes is seen at once, also within the grain of the disk's clock", async () => {
  await using store = await storeCtx();
  const other = store.other();
  for (let i = 0; i < 40; i++) {
    await add(i % 2 ? store.ctx : other, `id${i}`);
    expect((await ids(store.ctx))?.at(-1)).toBe(`id${i}`);
    expect((await ids(other))?.at(-1)).toBe(`id${i}`);
    expect((await listRefs(store.ctx, "self"))[0]?.versions).toHaveLength(i + 1);
  }
});

test("a remembered ref is trusted once its file is old enough, and no longer when the file changes", async () => {
  await using store = await storeCtx();
  await add(store.ctx, "one");
  await Bun.sleep(80);
  const first = await readRef(store.ctx, "self", "a");
  expect(await readRef(store.ctx, "self", "a")).toBe(first as never);
  await add(store.other(), "two");
  expect(await ids(store.ctx)).toEqual(["one", "two"]);
});

test("what a change throws leaves the disk as it was", async () => {
  await using store = await storeCtx();
  await add(store.ctx, "one");
  const change = updateRef(store.ctx, at, (ref) => {
    ref.versions.length = 0;
    throw new Error("no");
  });
  await expect(change).rejects.toThrow("no");
  expect(await ids(store.other())).toEqual(["one"]);
});

test("the last version takes the ref with it; another runtime's is not touched", async () => {
  await using store = await storeCtx();
  await add(store.ctx, "one");
  await add(store.ctx, "two", "b");
  await updateRef(store.ctx, at, (ref) => {
    ref.versions = [];
  });
  expect(await readRef(store.ctx, "self", "a")).toBeUndefined();
  expect((await listRefs(store.ctx, "self")).map(({ name }) => name)).toEqual(["b"]);
});

test("a ref of a newer format is refused, a damaged one is named", async () => {
  await using store = await storeCtx();
  await add(store.ctx, "one");
  const path = `${store.ctx.paths.refs}/self/a.json`;
  const newer = { format: 99, name: "a", project: "self", seq: 0, versions: [], tags: {} };
  await writeFile(path, JSON.stringify(newer));
  await expect(readRef(store.other(), "self", "a")).rejects.toMatchObject({ code: "FORMAT_TOO_NEW" });
  await writeFile(path, "{");
  await expect(readRef(store.other(), "self", "a")).rejects.toMatchObject({ code: "STORE_DAMAGED" });
});

test("tags stand in reading order: latest, numbers by value, names", () => {
  const tags = { b: "x", v10: "x", v9: "x", latest: "x", a: "x", other: "y" };
  const ref = { format: 1, name: "a", project: "self", seq: 10, versions: [], tags };
  expect(tagsOf(ref, "x")).toEqual(["latest", "v9", "v10", "a", "b"]);
});
