import { expect, test } from "bun:test";
import { readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { setFileTime } from "#core/platform/libc.ts";
import { fileTime, isTwin, writeTwin } from "#core/platform/time-twin.ts";
import { storeHome } from "../store/store-home.ts";

test("a twin has the very nanosecond of its file, so that shells see neither as newer", async () => {
  await using home = await storeHome();
  const [path, twin] = [await home.write("f", "content"), `${home.dir}/deep/twin`];
  setFileTime(path, 1_700_000_000_123_456_789n);
  await writeTwin(twin, fileTime(path) ?? 0n);
  expect(fileTime(twin)).toBe(1_700_000_000_123_456_789n);
  expect([isTwin(path, twin), Bun.file(twin).size]).toEqual([true, 0]);
  const asked = Bun.spawnSync(["bash", "-c", '[[ ! "$0" -nt "$1" && ! "$1" -nt "$0" ]]', path, twin]);
  expect(asked.exitCode).toBe(0);
});

test("one nanosecond is a change, back in time as well; so is a file or a twin that has gone", async () => {
  await using home = await storeHome();
  const [path, twin] = [await home.write("f", ""), `${home.dir}/twin`];
  for (const step of [1n, -1n]) {
    setFileTime(path, 1_700_000_000_000_000_000n);
    await writeTwin(twin, 1_700_000_000_000_000_000n + step);
    expect(isTwin(path, twin)).toBe(false);
  }
  expect([isTwin(path, `${home.dir}/none`), isTwin(`${home.dir}/none`, twin)]).toEqual([false, false]);
  expect(isTwin(`${home.dir}/none`, `${home.dir}/neither`)).toBe(false);
  expect(fileTime(`${home.dir}/none`)).toBeUndefined();
});

test("what is behind a link counts, not the link", async () => {
  await using home = await storeHome();
  const path = await home.write("f", "");
  await symlink(path, `${home.dir}/link`);
  await writeTwin(`${home.dir}/twin`, fileTime(`${home.dir}/link`) ?? 0n);
  await utimes(path, 1, 1);
  expect(isTwin(`${home.dir}/link`, `${home.dir}/twin`)).toBe(false);
});

test("ten writers of one twin at once are all served, and nothing is left beside it", async () => {
  await using home = await storeHome();
  await writeFile(`${home.dir}/twin`, "");
  const times = Array.from({ length: 10 }, (_, i) => BigInt(i + 1) * 1_000_000_000n);
  await Promise.all(times.map((time) => writeTwin(`${home.dir}/twin`, time)));
  expect(times).toContain(fileTime(`${home.dir}/twin`) ?? 0n);
  expect(await readdir(home.dir)).toEqual(["twin"]);
});
