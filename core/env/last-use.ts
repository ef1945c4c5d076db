/**
 * When an environment was last used: the time of `<envs>/<key>.used`, set by each activation. The key of a writable one is
 * `writable/<name>`.
 * It also closes the gap between the answer to a client and its process being there to be seen.
 * Tests: test/e2e/gc.test.ts
 */
import { statSync, utimesSync, writeFileSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";

export const usePath = (ctx: Ctx, key: string): string => `${ctx.paths.envs}/${key}.used`;

// An answer that was given is a process, or given up, by then.
export const IN_FLIGHT_MS = 30_000;
// So a warm activation in a loop costs no write; far less than the time in flight.
const NOTE_EVERY_MS = 5000;

/** To be called before the marker is read that the answer rests on: whoever removes it looks here afterwards. */
export function noteUse(ctx: Ctx, key: string): void {
  const known = ctx.memo.get<number>(`used:${key}`);
  const now = Date.now();
  if (known !== undefined && now - known < NOTE_EVERY_MS) return;
  if (touch(usePath(ctx, key), new Date(now))) ctx.memo.set(`used:${key}`, now);
}

function touch(path: string, now: Date): boolean {
  try {
    utimesSync(path, now, now);
    return true;
  } catch (e) {
    if (errno(e) === "ENOENT") return create(path);
    // A root that is read-only for now must not stop an activation.
    return false;
  }
}

function create(path: string): boolean {
  try {
    writeFileSync(path, "");
    return true;
  } catch {
    return false;
  }
}

/** Of somebody who told of it elsewhere and did not note it here. @param at Unix ms */
export function raiseUse(ctx: Ctx, key: string, at: number): void {
  const path = usePath(ctx, key);
  const used = statSync(path, { throwIfNoEntry: false });
  if (used && used.mtimeMs < at) touch(path, new Date(at));
}

/** Unix ms; the making of the environment counts as a use. */
export function lastUse(ctx: Ctx, { key, created_at }: { key: string; created_at: number }): number {
  const used = statSync(usePath(ctx, key), { throwIfNoEntry: false });
  return Math.max(created_at, used?.mtimeMs ?? 0);
}

/** Whether a client may just be on its way into it. */
export function isInFlight(ctx: Ctx, key: string): boolean {
  const used = statSync(usePath(ctx, key), { throwIfNoEntry: false });
  return used !== undefined && Date.now() - used.mtimeMs < IN_FLIGHT_MS;
}
