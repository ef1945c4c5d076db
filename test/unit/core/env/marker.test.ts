import { expect, test } from "bun:test";
import { mkdir, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import {
  dropMarker,
  fileStamp,
  type Marker,
  markerPath,
  nextPrefixNumber,
  prefixPath,
  readMarker,
  writeMarker,
} from "#core/env/marker.ts";
import { readyEnv, writePointer } from "#core/env/pointer.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

const KEY = "0123456789abcdef".repeat(2);

/** A prefix with a python and a marker for it, made from a base interpreter that is a file of the test. */
async function makeEnv(home: StoreHome, n = 1): Promise<Marker> {
  const prefix = prefixPath(home.ctx, KEY, n);
  for (const folder of ["bin", "lib/python3.11/site-packages"]) await mkdir(`${prefix}/${folder}`, { recursive: true });
  for (const file of ["bin/python", "pyvenv.cfg"]) await writeFile(`${prefix}/${file}`, "");
  const path = await home.write("base/python", "base");
  await utimes(path, 1000, 1000);
  const python = { path, version: "3.11.0", stamp: fileStamp(path) };
  const marker: Marker = { format: 1, key: KEY, n, prefix, mode: "venv", python, created_at: 5 };
  await writeMarker(home.ctx, marker);
  return marker;
}

test("an environment is what its marker says; without one a prefix is none", async () => {
  await using home = await storeHome();
  const marker = await makeEnv(home);
  expect(await readMarker(home.ctx, KEY)).toEqual(marker);
  await dropMarker(home.ctx, KEY);
  await dropMarker(home.ctx, KEY);
  expect(await readMarker(home.ctx, KEY)).toBeUndefined();
  expect(await readdir(home.ctx.paths.envs)).toEqual([`${KEY}-1`]);
});

async function upgrade(python: string): Promise<void> {
  const { mtime } = await stat(python);
  await writeFile(python, "another");
  await utimes(python, mtime, mtime);
}

test.each<[string, (marker: Marker) => Promise<unknown>]>([
  ["whose base Python was upgraded to one with the same time", (marker) => upgrade(marker.python.path)],
  ["whose base Python was installed anew", (marker) => utimes(marker.python.path, 2000, 2000)],
  ["whose base Python has gone", (marker) => rm(marker.python.path)],
  ["whose own Python has gone", (marker) => rm(`${marker.prefix}/bin/python`)],
  ["whose pyvenv.cfg has gone", (marker) => rm(`${marker.prefix}/pyvenv.cfg`)],
  ["whose packages have gone", (marker) => rm(`${marker.prefix}/lib`, { recursive: true })],
  ["that was deleted by hand", (marker) => rm(marker.prefix, { recursive: true })],
])("an environment %s is not used again", async (_what, harm) => {
  await using home = await storeHome();
  const marker = await makeEnv(home);
  await writePointer(home.ctx, "v", KEY);
  expect(await readyEnv(home.ctx, "v")).toEqual(marker);
  await harm(marker);
  expect(await readMarker(home.ctx, KEY)).toBeUndefined();
  expect(await readyEnv(home.ctx, "v")).toBeUndefined();
});

test.each(["", "{}", '{"format": 1', "null"])(
  "a marker that reads %p is none, so that the environment is made again",
  async (text) => {
    await using home = await storeHome();
    await makeEnv(home);
    await writeFile(markerPath(home.ctx, KEY), text);
    expect(await readMarker(home.ctx, KEY)).toBeUndefined();
  },
);

test("a marker of another format is none", async () => {
  await using home = await storeHome();
  await writeMarker(home.ctx, { ...(await makeEnv(home)), format: 2 });
  expect(await readMarker(home.ctx, KEY)).toBeUndefined();
});

test("the next prefix is after all that are there, whole or broken, and no other key's", async () => {
  await using home = await storeHome();
  expect(await nextPrefixNumber(home.ctx, KEY)).toBe(1);
  for (const name of [`${KEY}-1`, `${KEY}-9`, `${KEY}-10`, `${KEY}-x`, `${"f".repeat(32)}-50`, `${KEY}.json`]) {
    await mkdir(`${home.ctx.paths.envs}/${name}`, { recursive: true });
  }
  expect(await nextPrefixNumber(home.ctx, KEY)).toBe(11);
});
