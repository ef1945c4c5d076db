/** Marks of shells, on the disk: who counts as being in an environment, since when, and what is kept of those that ended. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { parseMark } from "#core/env/activation/hook-marks.ts";
import { usePath } from "#core/env/last-use.ts";
import {
  closeToShells,
  doorOf,
  hasLiveShell,
  lastEntered,
  noteShell,
  prefixesWithShells,
} from "#core/env/live-shells.ts";
import { storeCtx } from "../store/store-ctx.ts";

const ENV = `${"a".repeat(32)}-1`;
const OTHER = `${"b".repeat(32)}-2`;

async function lab() {
  const store = await storeCtx();
  const { ctx } = store;
  const live = `${ctx.paths.activation}/live`;
  mkdirSync(live, { recursive: true });
  const mark = (pid: number, text: string) => writeFileSync(`${live}/${pid}`, text);
  return {
    ...{ ctx, live, mark, env: `${ctx.paths.envs}/${ENV}`, other: `${ctx.paths.envs}/${OTHER}` },
    [Symbol.asyncDispose]: async () => await store[Symbol.asyncDispose](),
  };
}

async function endedPid(): Promise<number> {
  const ended = Bun.spawn(["true"]);
  await ended.exited;
  return ended.pid;
}

test("the last line about an environment counts, lines that were cut count for nothing", () => {
  const text = `in ${ENV} 1700000000\nin ${OTHER}\nleft ${ENV}\nin x y z\nlef\nin`;
  expect([...parseMark(text)]).toEqual([
    [ENV, { isIn: false, entered: 1_700_000_000_000 }],
    [OTHER, { isIn: true, entered: undefined }],
  ]);
  expect(parseMark(`${text}\nin ${ENV} 1700000009\n`).get(ENV)).toEqual({ isIn: true, entered: 1_700_000_009_000 });
});

test("a shell is where it went in and did not leave, also in two at once", async () => {
  await using own = await lab();
  own.mark(process.pid, `in ${ENV}\nin ${OTHER}\n`);
  expect(await prefixesWithShells(own.ctx)).toEqual(
    new Map([
      [own.env, [process.pid]],
      [own.other, [process.pid]],
    ]),
  );
  own.mark(process.pid, `in ${ENV}\nin ${OTHER}\nleft ${ENV}\n`);
  expect([await hasLiveShell(own.ctx, own.env), await hasLiveShell(own.ctx, own.other)]).toEqual([false, true]);
  own.mark(process.pid, "in mine\n");
  expect([...(await prefixesWithShells(own.ctx)).keys()]).toEqual([`${own.ctx.paths.envs}/writable/mine`]);
});

test("of an ended shell, or of another process with its number, nothing counts but when it went in", async () => {
  await using own = await lab();
  const hour = 3_600_000;
  const seconds = Math.floor((Date.now() - hour) / 1000);
  const pid = await endedPid();
  own.mark(pid, `in ${ENV} ${seconds}\n`);
  own.mark(process.pid, `in ${OTHER} ${seconds - 60}\n`);
  const before = new Date(Date.now() - 300 * hour);
  utimesSync(`${own.live}/${process.pid}`, before, before);
  mkdirSync(own.ctx.paths.envs, { recursive: true });
  for (const key of ["a".repeat(32), "b".repeat(32)]) {
    writeFileSync(usePath(own.ctx, key), "");
    utimesSync(usePath(own.ctx, key), before, before);
  }
  expect(await hasLiveShell(own.ctx, own.env)).toBe(false);
  expect(await lastEntered(own.ctx, own.env)).toBe(seconds * 1000);
  expect(await prefixesWithShells(own.ctx)).toEqual(new Map());
  expect([existsSync(`${own.live}/${pid}`), existsSync(`${own.live}/${process.pid}`)]).toEqual([false, false]);
  expect(statSync(usePath(own.ctx, "a".repeat(32))).mtimeMs).toBe(seconds * 1000);
  expect(statSync(usePath(own.ctx, "b".repeat(32))).mtimeMs).toBe((seconds - 60) * 1000);
});

test("a shell that is let in by us has its line behind its own ones, and nothing of a process before it", async () => {
  await using own = await lab();
  own.mark(process.pid, `in ${OTHER}\n`);
  noteShell(own.ctx, own.env, process.pid);
  expect(readFileSync(`${own.live}/${process.pid}`, "utf8")).toMatch(new RegExp(`^in ${OTHER}\nin ${ENV} \\d+\n$`));
  expect(Math.abs((await lastEntered(own.ctx, own.env)) - Date.now())).toBeLessThan(60_000);
  const long = new Date(Date.now() - 10 * 86_400_000);
  utimesSync(`${own.live}/${process.pid}`, long, long);
  noteShell(own.ctx, own.env, process.pid);
  expect(readFileSync(`${own.live}/${process.pid}`, "utf8")).toMatch(new RegExp(`^in ${ENV} \\d+\n$`));
});

test("the door stays open for who is in there, and is shut for good behind the last one", async () => {
  await using own = await lab();
  noteShell(own.ctx, own.env, process.pid);
  expect(await closeToShells(own.ctx, own.env)).toBe(false);
  expect(existsSync(doorOf(own.ctx, own.env))).toBe(true);
  own.mark(process.pid, `in ${ENV}\nleft ${ENV}\n`);
  expect(await closeToShells(own.ctx, own.env)).toBe(true);
  expect(existsSync(doorOf(own.ctx, own.env))).toBe(false);
});
