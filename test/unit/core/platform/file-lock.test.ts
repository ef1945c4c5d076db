/** Locks between real processes. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { fileLock, tryFileLock, withFileLock } from "#core/platform/file-lock.ts";
import { storeHome } from "../store/store-home.ts";

const never = new AbortController().signal;
const MODULE = JSON.stringify(`${import.meta.dir}/../../../../core/platform/file-lock.ts`);

/** Another process that runs `code` with the functions of the module; its stdin ends when this one ends. */
async function other(code: string, env: Record<string, string> = {}) {
  const text = `const { fileLock, tryFileLock, withFileLock } = await import(${MODULE}); ${code}`;
  const child = Bun.spawn([process.execPath, "-e", text], {
    stdin: "pipe",
    stdout: "pipe",
    env: { ...process.env, ...env },
  });
  const said = child.stdout.getReader();
  return { child, word: async () => new TextDecoder().decode((await said.read()).value).trim() };
}

test("what another process holds can't be had, until it dies by whatever", async () => {
  await using home = await storeHome();
  const path = `${home.dir}/deep/folder/l.lock`;
  const holder = await other(`tryFileLock(${JSON.stringify(path)}); console.log("held"); await Bun.stdin.text()`);
  expect(await holder.word()).toBe("held");
  expect(tryFileLock(path)).toBeUndefined();
  expect(tryFileLock(path, true)).toBeUndefined();
  holder.child.kill("SIGKILL");
  await holder.child.exited;
  const lock = tryFileLock(path);
  expect(lock).toBeDefined();
  lock?.release();
});

test("of one process a second try is refused too; released twice frees nobody else's", async () => {
  await using home = await storeHome();
  const path = `${home.dir}/l.lock`;
  const first = tryFileLock(path);
  expect(tryFileLock(path)).toBeUndefined();
  first?.release();
  const second = tryFileLock(path);
  expect(second).toBeDefined();
  first?.release();
  expect(tryFileLock(path)).toBeUndefined();
  second?.release();
});

test("shared holders let each other in and keep an exclusive one out", async () => {
  await using home = await storeHome();
  const path = `${home.dir}/l.lock`;
  const [one, two] = [tryFileLock(path, true), tryFileLock(path, true)];
  expect([one, two].map((lock) => lock !== undefined)).toEqual([true, true]);
  one?.release();
  expect(tryFileLock(path)).toBeUndefined();
  two?.release();
  expect(tryFileLock(path)).toBeDefined();
});

test("four processes that count under the lock lose no step", async () => {
  await using home = await storeHome();
  const [lock, file] = [`${home.dir}/l.lock`, await home.write("count", "0")];
  const code = `
    const { readFile, writeFile } = await import("node:fs/promises");
    for (let i = 0; i < 25; i++) await withFileLock(process.env.LOCK, new AbortController().signal, async () => {
      await writeFile(process.env.FILE, String(Number(await readFile(process.env.FILE, "utf8")) + 1));
    });`;
  const children = await Promise.all([1, 2, 3, 4].map(() => other(code, { LOCK: lock, FILE: file })));
  expect(await Promise.all(children.map(({ child }) => child.exited))).toEqual([0, 0, 0, 0]);
  expect(await readFile(file, "utf8")).toBe("100");
});

test("work that fails gives the lock back", async () => {
  await using home = await storeHome();
  const path = `${home.dir}/l.lock`;
  const work = withFileLock(path, never, async () => {
    expect(tryFileLock(path)).toBeUndefined();
    throw new Error("no");
  });
  await expect(work).rejects.toThrow("no");
  expect(tryFileLock(path)).toBeDefined();
});

test("who is cancelled while waiting does not wait on, and takes no lock", async () => {
  await using home = await storeHome();
  const path = `${home.dir}/l.lock`;
  const holder = tryFileLock(path);
  const controller = new AbortController();
  const waiting = fileLock(path, controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  holder?.release();
  expect(tryFileLock(path)).toBeDefined();
});

test("a lock file's content and age mean nothing; what is in it stays", async () => {
  await using home = await storeHome();
  const path = await home.write("l.lock", "");
  await writeFile(path, "pid 1");
  const lock = tryFileLock(path);
  expect(lock).toBeDefined();
  lock?.release();
  expect([existsSync(path), await readFile(path, "utf8")]).toEqual([true, "pid 1"]);
});
