/**
 * Shells that went into an environment without being started for it (the hook, `eval "$(… shellenv)"`): nothing in
 * /proc tells, so `<activation>/live/<pid>` does, a mark of lines (activation/hook-marks.ts). The hook writes it too.
 * Counts while a process of that pid lives that began before its last line. `<activation>/live/<name of a prefix>` is a
 * folder, the door of that environment: where there is none, no shell goes in without asking.
 * Tests: test/unit/core/env/live-shells.test.ts, test/e2e/gc.test.ts, test/e2e/hook-marks.test.ts
 */
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { parseMark, type Stay } from "#core/env/activation/hook-marks.ts";
import { isSharedName } from "#core/env/envs-list.ts";
import { IN_FLIGHT_MS, raiseUse } from "#core/env/last-use.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny, removeFile, removeTree } from "#core/platform/fs-atomic.ts";
import { startTime } from "#core/store/leases.ts";

const marksFolder = (ctx: Ctx) => `${ctx.paths.activation}/live`;

/** No writable environment has the name of a shared one's prefix, so the last part of the path is enough. */
const nameOf = (prefix: string) => prefix.slice(prefix.lastIndexOf("/") + 1);

/** Its folder, there while shells may go in. */
export const doorOf = (ctx: Ctx, prefix: string): string => `${marksFolder(ctx)}/${nameOf(prefix)}`;

/** What is below the folder of environments: of the shared ones' prefixes, or of the writable ones'. */
const placeOf = (name: string): string => (isSharedName(name) ? name : `writable/${name}`);

/** Before the answer that lets it in. */
export function noteShell(ctx: Ctx, prefix: string, pid: number): void {
  mkdirSync(doorOf(ctx, prefix), { recursive: true, mode: 0o700 });
  const mark = `${marksFolder(ctx)}/${pid}`;
  const line = `in ${nameOf(prefix)} ${Math.floor(Date.now() / 1000)}\n`;
  // Of a process that had the number before, nothing counts any more.
  if (isThatShell(pid, mark)) appendFileSync(mark, line);
  else writeFileSync(mark, line);
}

/** Whether a shell is still in there. */
export const hasLiveShell = async (ctx: Ctx, prefix: string): Promise<boolean> =>
  (await readMarks(ctx)).some(({ isAlive, stays }) => isAlive && stays.get(nameOf(prefix))?.isIn === true);

/** Prefixes with the shells that are in them; forgets the shells that ended. */
export async function prefixesWithShells(ctx: Ctx): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  for (const mark of await readMarks(ctx)) {
    if (!mark.isAlive) await forget(ctx, mark);
    else
      for (const [name, { isIn }] of mark.stays) {
        const prefix = `${ctx.paths.envs}/${placeOf(name)}`;
        if (isIn) found.set(prefix, [...(found.get(prefix) ?? []), mark.pid]);
      }
  }
  return found;
}

/** Unix ms of the last time that a shell went in; 0 for never. */
export async function lastEntered(ctx: Ctx, prefix: string): Promise<number> {
  const marks = await readMarks(ctx);
  return Math.max(0, ...marks.map((mark) => enteredAt(mark, mark.stays.get(nameOf(prefix)))));
}

/**
 * Lets no hooked shell in any more: one that comes now has its line in its mark before it looks for the door, and asks. False,
 * and open again, when one came before.
 */
export async function closeToShells(ctx: Ctx, prefix: string): Promise<boolean> {
  const door = doorOf(ctx, prefix);
  await removeTree(door);
  if (!(await hasLiveShell(ctx, prefix))) return true;
  await mkdir(door, { recursive: true, mode: 0o700 });
  return false;
}

interface Mark {
  pid: number;
  path: string;
  /** Unix ms of its last line. */
  time: number;
  isAlive: boolean;
  /** By the name of a prefix. */
  stays: ReadonlyMap<string, Stay>;
}

async function readMarks(ctx: Ctx): Promise<Mark[]> {
  const pids = (await namesIn(marksFolder(ctx))).filter((name) => /^\d+$/.test(name));
  const found = pids.map((pid) => readMark(`${marksFolder(ctx)}/${pid}`, Number(pid)));
  return (await Promise.all(found)).filter((mark) => mark !== undefined);
}

async function readMark(path: string, pid: number): Promise<Mark | undefined> {
  const time = timeOf(path);
  const text = await readTextIfAny(path);
  if (time === undefined || text === undefined) return undefined;
  return { pid, path, time, isAlive: isThatShell(pid, path), stays: parseMark(text) };
}

const timeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs;

/** Not every shell can say the time. */
const enteredAt = ({ time }: Mark, stay: Stay | undefined) => (stay ? (stay.entered ?? time) : 0);

/** What it tells of the last use of environments is kept. */
async function forget(ctx: Ctx, mark: Mark): Promise<void> {
  for (const [name, stay] of mark.stays) {
    const place = placeOf(name);
    const key = isSharedName(place) ? place.replace(/-\d+$/, "") : place;
    // Nobody is on the way in.
    raiseUse(ctx, key, Math.min(enteredAt(mark, stay), Date.now() - IN_FLIGHT_MS));
  }
  // Unless the number was given to another shell just now.
  if (timeOf(mark.path) === mark.time) await removeFile(mark.path);
}

// Two clocks, one of them in steps of 10 ms.
const SLACK_MS = 2000;

/** A pid that was given anew began after the mark. */
function isThatShell(pid: number, mark: string): boolean {
  const noted = timeOf(mark);
  const began = processStart(pid);
  if (noted === undefined || began === undefined) return false;
  return began <= noted + SLACK_MS;
}

// USER_HZ is 100 on every Linux that runs Bun.
const TICKS_PER_SECOND = 100;

/** Unix ms; undefined when there is no such process. Without /proc every living process counts. */
function processStart(pid: number): number | undefined {
  const ticks = startTime(pid);
  if (ticks === "") return undefined;
  if (!/^\d+$/.test(ticks)) return 0;
  const boot = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
  return boot * 1000 + (Number(ticks) / TICKS_PER_SECOND) * 1000;
}
