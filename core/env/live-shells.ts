/**
 * Shells that went into an environment without being started for it (the hook, `eval "$(… shellenv)"`): nothing in
 * /proc tells, so `<activation>/live/<prefix name>/<pid>` does, a file whose time says when. The hook writes it too.
 * Counts while a process of that pid lives that began before, unless it says that the shell has left (activation/hook-marks.ts).
 * Tests: test/e2e/gc.test.ts, test/e2e/hook-marks.test.ts
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { basename } from "pathe";
import type { Ctx } from "#core/context.ts";
import { LEFT } from "#core/env/activation/hook-marks.ts";
import { isSharedName } from "#core/env/envs-list.ts";
import { IN_FLIGHT_MS, raiseUse } from "#core/env/last-use.ts";
import { errno } from "#core/errors.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny, removeFile, removeTree } from "#core/platform/fs-atomic.ts";
import { startTime } from "#core/store/leases.ts";

/** No writable environment has the name of a shared one's prefix, so the last part of the path is enough. */
export const liveFolder = (ctx: Ctx, prefix: string): string =>
  `${ctx.paths.activation}/live/${prefix.slice(prefix.lastIndexOf("/") + 1)}`;

/** What is below the folder of environments: of the shared ones' prefixes, or of the writable ones'. */
const placeOf = (name: string): string => (isSharedName(name) ? name : `writable/${name}`);

/** Before the answer that lets it in. */
export function noteShell(ctx: Ctx, prefix: string, pid: number): void {
  const folder = liveFolder(ctx, prefix);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(`${folder}/${pid}`, "x");
}

/** Whether a shell is still in there; forgets those that ended. */
export const hasLiveShell = async (ctx: Ctx, prefix: string): Promise<boolean> =>
  (await shellsIn(ctx, liveFolder(ctx, prefix))).length > 0;

/** Prefixes with the shells that are in them, or were in them last. */
export async function prefixesWithShells(ctx: Ctx): Promise<Map<string, number[]>> {
  const top = `${ctx.paths.activation}/live`;
  const names = await namesIn(top);
  const found = names.map(
    async (name) => [`${ctx.paths.envs}/${placeOf(name)}`, await shellsIn(ctx, `${top}/${name}`)] as const,
  );
  return new Map((await Promise.all(found)).filter(([, pids]) => pids.length > 0));
}

/** Unix ms of the last time that a shell went in; 0 for never. */
export async function lastEntered(ctx: Ctx, prefix: string): Promise<number> {
  const folder = liveFolder(ctx, prefix);
  const notes = (await namesIn(folder)).map((name) => statSync(`${folder}/${name}`, { throwIfNoEntry: false }));
  return Math.max(0, ...notes.map((note) => note?.mtimeMs ?? 0));
}

/**
 * Lets no hooked shell in any more: one that comes now finds no folder to write its note into, and asks. False, and open
 * again, when one came before.
 */
export async function closeToShells(ctx: Ctx, prefix: string): Promise<boolean> {
  const folder = liveFolder(ctx, prefix);
  const closed = `${folder}.closed`;
  try {
    await rename(folder, closed);
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return true;
  }
  const isEmpty = (await shellsIn(ctx, closed)).length === 0;
  if (isEmpty) await removeTree(closed);
  else await rename(closed, folder);
  return isEmpty;
}

/** Of those that ended, what they tell of the environment's last use is kept. */
async function shellsIn(ctx: Ctx, folder: string): Promise<number[]> {
  const pids = (await namesIn(folder)).filter((name) => /^\d+$/.test(name));
  const dead = pids.filter((pid) => !isThatShell(Number(pid), `${folder}/${pid}`));
  const place = placeOf(basename(folder).replace(/\.closed$/, ""));
  const key = isSharedName(place) ? place.replace(/-\d+$/, "") : place;
  for (const pid of dead) {
    const entered = statSync(`${folder}/${pid}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    // Nobody is on the way in.
    raiseUse(ctx, key, Math.min(entered, Date.now() - IN_FLIGHT_MS));
    await removeFile(`${folder}/${pid}`);
  }
  const alive = pids.filter((pid) => !dead.includes(pid));
  // The marks of those that left stay: just now one may say that its shell is in again.
  const texts = await Promise.all(alive.map(async (pid) => await readTextIfAny(`${folder}/${pid}`)));
  return alive.filter((_, i) => texts[i]?.trimEnd().endsWith(LEFT) !== true).map(Number);
}

// Two clocks, one of them in steps of 10 ms.
const SLACK_MS = 2000;

/** A pid that was given anew began after the note. */
function isThatShell(pid: number, note: string): boolean {
  const noted = statSync(note, { throwIfNoEntry: false });
  const began = processStart(pid);
  if (!noted || began === undefined) return false;
  return began <= noted.mtimeMs + SLACK_MS;
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
