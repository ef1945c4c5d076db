import { expect, test } from "bun:test";
import { readdir, rm, writeFile } from "node:fs/promises";
import { createStorage } from "unstorage";
import { atomicFs, openState } from "#core/store/state.ts";
import { storeHome } from "./store-home.ts";

test("a record comes back as it was put, in another process as well", async () => {
  await using home = await storeHome();
  const values = ["text", "", { a: [1, null, "ü"] }, 5, true];
  for (const [i, value] of values.entries()) await openState(home.ctx).setItem(`group:n${i}`, value);
  const other = createStorage({ driver: atomicFs({ base: home.ctx.paths.cache, durable: false }) });
  const found = await Promise.all(values.map((_, i) => other.getItem(`group:n${i}`)));
  expect(found).toEqual(values);
  expect(await other.getItem("group:none")).toBeNull();
  expect([await other.hasItem("group:n0"), await other.hasItem("group:none")]).toEqual([true, false]);
});

test("with writers of one record at once a reader sees one of theirs whole, and nothing is left over", async () => {
  await using home = await storeHome();
  const state = openState(home.ctx);
  await state.setItem("g:n", { text: "0".repeat(2_000_000) });
  const progress = { running: true };
  const writers = Array.from({ length: 40 }, (_, i) =>
    state.setItem("g:n", { text: String(i % 10).repeat(2_000_000) }),
  );
  const done = Promise.all(writers).then(() => (progress.running = false));
  while (progress.running) {
    const text = (await state.getItem<{ text: string }>("g:n"))?.text ?? "";
    expect([text.length, new Set(text).size]).toEqual([2_000_000, 1]);
  }
  await done;
  expect(await readdir(`${home.ctx.paths.cache}/g`)).toEqual(["n.json"]);
});

test("keys are listed by group; what is no record, or half-written, is none", async () => {
  await using home = await storeHome();
  const state = openState(home.ctx);
  expect(await state.getKeys()).toEqual([]);
  for (const key of ["a:one", "a:deep:two", "b:three"]) await state.setItem(key, 1);
  await writeFile(`${home.ctx.paths.cache}/a/four.json.0123.tmp`, "half");
  expect((await state.getKeys()).sort()).toEqual(["a:deep:two", "a:one", "b:three"]);
  expect((await state.getKeys("a")).sort()).toEqual(["a:deep:two", "a:one"]);
  await state.removeItem("a:one");
  await state.removeItem("a:one");
  expect(await state.getKeys("a")).toEqual(["a:deep:two"]);
});

test("deleting the whole cache is harmless: nothing is there, and writing goes on", async () => {
  await using home = await storeHome();
  const state = openState(home.ctx);
  await state.setItem("g:n", 1);
  await rm(home.ctx.paths.cache, { recursive: true });
  expect(await openState(home.ctx).getItem("g:n")).toBeNull();
  await state.setItem("g:n", 2);
  expect(await state.getItem("g:n")).toBe(2);
});

test("no key leads out of the cache", async () => {
  await using home = await storeHome();
  const state = openState(home.ctx);
  await state.setItem("g:n", 1);
  for (const key of ["../../out", "..:..:out", "/out", "g:../../../out"]) {
    await state.setItem(key, 1).catch(() => undefined);
  }
  expect(await readdir(home.dir)).toEqual(["root"]);
  expect(await readdir(home.ctx.paths.store)).toEqual(["cache"]);
});

test("the time and size of a record are its file's", async () => {
  await using home = await storeHome();
  const state = openState(home.ctx);
  await state.setItem("g:n", "text");
  expect(await state.getMeta("g:n")).toMatchObject({ size: 4, mtime: expect.any(Date) });
});
