/**
 * Which versions have a pointer to an environment at all, so that a list of a thousand versions costs one look.
 * A cache of the names in the pointers' folder. Tests: test/e2e/gc.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { stemsIn } from "#core/platform/folder.ts";
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
  const ids = new Set(stamp ? await pointerIds(ctx) : []);
  if (stamp) ctx.memo.set(key, { stamp, ids });
  return ids;
}

/** Keys of environments that these versions have here. */
export async function neededKeys(ctx: Ctx, versions: ReadonlySet<string>): Promise<Set<string>> {
  const state = openState(ctx);
  const ids = (await pointerIds(ctx)).filter((id) => versions.has(id));
  const keys = await Promise.all(ids.map((id) => state.getItem(`pointers:${id}`)));
  return new Set(keys.filter((key) => typeof key === "string"));
}

/** Forgets pointers of versions that are no more. */
export async function sweepPointers(ctx: Ctx, versions: ReadonlySet<string>): Promise<void> {
  const gone = (await pointerIds(ctx)).filter((id) => !versions.has(id));
  await Promise.all(gone.map((id) => openState(ctx).removeItem(`pointers:${id}`)));
}

const pointerIds = async (ctx: Ctx): Promise<string[]> => await stemsIn(pointersDir(ctx), ".json");

/** Key → versions that have a pointer to it. */
export async function versionsByKey(ctx: Ctx): Promise<Map<string, string[]>> {
  const state = openState(ctx);
  const byKey = new Map<string, string[]>();
  for (const id of await pointerIds(ctx)) {
    const key = await state.getItem(`pointers:${id}`);
    if (typeof key === "string") byKey.set(key, [...(byKey.get(key) ?? []), id]);
  }
  return byKey;
}
