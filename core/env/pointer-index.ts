/**
 * Which versions have a pointer to an environment at all, so that a list of a thousand versions costs one look.
 * A cache of the names in the pointers' folder. Tests: test/e2e/gc.test.ts
 */
import { readdir } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { isSame, type Stamp, stampOf } from "#core/platform/stamp.ts";
import { openState } from "#core/store/state.ts";

/** As the state store lays them out: `pointers:<id>`. */
const pointersDir = (ctx: Ctx): string => `${ctx.paths.cache}/pointers`;

/** Ids of versions that were activated or prepared on this machine. */
export async function pointedVersions(ctx: Ctx): Promise<ReadonlySet<string>> {
  const stamp = stampOf(pointersDir(ctx));
  const key = "pointer-index";
  const known = ctx.memo.get<{ stamp: Stamp; ids: ReadonlySet<string> }>(key);
  if (known && isSame(known.stamp, stamp)) return known.ids;
  const ids = new Set(stamp ? await namesIn(pointersDir(ctx)) : []);
  if (stamp) ctx.memo.set(key, { stamp, ids });
  return ids;
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    const files = await readdir(dir);
    return files.filter((f) => f.endsWith(".json")).map((f) => f.slice(0, -".json".length));
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return [];
  }
}

/** Keys of environments that these versions have here. */
export async function neededKeys(ctx: Ctx, versions: ReadonlySet<string>): Promise<Set<string>> {
  const state = openState(ctx);
  const ids = (await namesIfAny(ctx)).filter((id) => versions.has(id));
  const keys = await Promise.all(ids.map((id) => state.getItem(`pointers:${id}`)));
  return new Set(keys.filter((key) => typeof key === "string"));
}

/** Forgets pointers of versions that are no more. */
export async function sweepPointers(ctx: Ctx, versions: ReadonlySet<string>): Promise<void> {
  const gone = (await namesIfAny(ctx)).filter((id) => !versions.has(id));
  await Promise.all(gone.map((id) => openState(ctx).removeItem(`pointers:${id}`)));
}

const namesIfAny = async (ctx: Ctx): Promise<string[]> => await namesIn(pointersDir(ctx));

/** Key → versions that have a pointer to it. */
export async function versionsByKey(ctx: Ctx): Promise<Map<string, string[]>> {
  const state = openState(ctx);
  const byKey = new Map<string, string[]>();
  for (const id of await namesIfAny(ctx)) {
    const key = await state.getItem(`pointers:${id}`);
    if (typeof key === "string") byKey.set(key, [...(byKey.get(key) ?? []), id]);
  }
  return byKey;
}
