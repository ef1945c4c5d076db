import { expect, test } from "bun:test";
import { copyFile, mkdir, rm, utimes, writeFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { fileStamp, MARKER_FORMAT, markerPath, prefixPath, writeMarker } from "#core/env/marker.ts";
import { readyEnv, writePointer } from "#core/env/pointer.ts";
import { Memo } from "#core/memo.ts";
import { storeHome } from "../store/store-home.ts";

async function makeEnv(ctx: Ctx, letter: string, n = 1): Promise<string> {
  const key = letter.repeat(32);
  const prefix = prefixPath(ctx, key, n);
  for (const folder of ["bin", "lib/python3.11/site-packages"]) await mkdir(`${prefix}/${folder}`, { recursive: true });
  for (const file of ["bin/python", "pyvenv.cfg"]) await writeFile(`${prefix}/${file}`, "");
  const python = { path: "/bin/sh", version: "3.11.0", stamp: fileStamp("/bin/sh") };
  await writeMarker(ctx, { format: MARKER_FORMAT, key, n, prefix, mode: "venv", python, created_at: n });
  return key;
}

test("a version's environment is known after a restart, and two versions may share one", async () => {
  await using home = await storeHome();
  const key = await makeEnv(home.ctx, "a");
  expect(await readyEnv(home.ctx, "one")).toBeUndefined();
  for (const id of ["one", "two"]) await writePointer(home.ctx, id, key);
  for (const ctx of [home.ctx, { ...home.ctx, memo: new Memo() }]) {
    expect([(await readyEnv(ctx, "one"))?.key, (await readyEnv(ctx, "two"))?.key]).toEqual([key, key]);
  }
});

test("a warm question reads nothing: the same object is given", async () => {
  await using home = await storeHome();
  await writePointer(home.ctx, "v", await makeEnv(home.ctx, "a"));
  const first = await readyEnv(home.ctx, "v");
  expect(first).toBeDefined();
  expect(await readyEnv(home.ctx, "v")).toBe(first as never);
});

test("what is remembered gives way to a fresh start, another key and a removed marker", async () => {
  await using home = await storeHome();
  const prefix = async () => (await readyEnv(home.ctx, "v"))?.prefix;
  const key = await makeEnv(home.ctx, "a");
  await writePointer(home.ctx, "v", key);
  expect(await prefix()).toBe(prefixPath(home.ctx, key, 1));
  await makeEnv(home.ctx, "a", 2);
  // Another process made it: the marker's time is all that says so.
  await utimes(markerPath(home.ctx, key), 5, 5);
  expect(await prefix()).toBe(prefixPath(home.ctx, key, 2));
  const other = await makeEnv(home.ctx, "b");
  await writePointer(home.ctx, "v", other);
  expect(await prefix()).toBe(prefixPath(home.ctx, other, 1));
  await rm(markerPath(home.ctx, other));
  expect(await prefix()).toBeUndefined();
});

test("the cache may be lost or hold anything: then there is no environment, and no error", async () => {
  await using home = await storeHome();
  await writePointer(home.ctx, "v", await makeEnv(home.ctx, "a"));
  const file = `${home.ctx.paths.cache}/pointers/v.json`;
  const fresh = () => ({ ...home.ctx, memo: new Memo() });
  // A marker, but not of an environment.
  await copyFile(markerPath(home.ctx, "a".repeat(32)), `${home.root}/planted.json`);
  for (const text of ["", "{", "../planted", '{"a":1}', "A".repeat(32), "b".repeat(32)]) {
    await writeFile(file, text);
    expect(await readyEnv(fresh(), "v")).toBeUndefined();
  }
  await rm(home.ctx.paths.cache, { recursive: true });
  expect(await readyEnv(fresh(), "v")).toBeUndefined();
});
