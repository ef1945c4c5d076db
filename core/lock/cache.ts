/**
 * Locks that were resolved before, by key. Losing one costs a resolution, nothing else.
 * Owns `locks:` of the cache state. Tests: test/unit/core/lock/resolve.test.ts
 */
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { type CarriedWheel, type Lock, LockRecord } from "#core/lock/lock.ts";
import { sha256File } from "#core/platform/digest.ts";
import { openState } from "#core/store/state.ts";

/** The lock of this key while everything it names is still as it was. */
export async function readCachedLock(ctx: Ctx, key: string): Promise<Lock | undefined> {
  const parsed = v.safeParse(LockRecord, await readRecord(ctx, key));
  if (!parsed.success || parsed.output.key !== key) return undefined;
  for (const wheel of parsed.output.carriedWheels) if (!(await isUnchanged(wheel))) return undefined;
  return parsed.output;
}

export async function writeCachedLock(ctx: Ctx, lock: Lock): Promise<void> {
  await openState(ctx).setItem(stateKey(lock.key), { ...lock });
}

/** unstorage gives the text itself when it is no JSON; the schema refuses that. */
const readRecord = async (ctx: Ctx, key: string): Promise<unknown> => await openState(ctx).getItem(stateKey(key));

const stateKey = (key: string) => `locks:${key}`;

async function isUnchanged(wheel: CarriedWheel): Promise<boolean> {
  try {
    return (await sha256File(wheel.path)).hex === wheel.sha256;
  } catch (e) {
    if (errno(e) === "ENOENT" || errno(e) === "ENOTDIR") return false;
    throw e;
  }
}
