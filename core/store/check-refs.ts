/**
 * Checks the files of names: one that can't be read goes to quarantine, and what can still be made out in it – versions
 * whose records are there, and their tags – is written anew. Tests: test/e2e/doctor.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { stemsIn } from "#core/platform/folder.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { quarantine } from "#core/store/check-blobs.ts";
import { giveAutoTag, type RuntimeRef } from "#core/store/ref.ts";
import { listRefProjects, readRef, refPath, updateRef } from "#core/store/refs.ts";
import type { Version } from "#core/store/tree-records.ts";

export interface CheckedRefs {
  refs: RuntimeRef[];
  damaged: { project: string; name: string; quarantined: string; saved: number }[];
}

export async function checkRefs(ctx: Ctx, versions: ReadonlyMap<string, Version>): Promise<CheckedRefs> {
  const checked: CheckedRefs = { refs: [], damaged: [] };
  for (const project of await listRefProjects(ctx)) {
    const names = await stemsIn(`${ctx.paths.refs}/${project}`, ".json");
    for (const name of names) await checkRef(ctx, { project, name }, { versions, checked });
  }
  return checked;
}

interface Check {
  versions: ReadonlyMap<string, Version>;
  checked: CheckedRefs;
}

async function checkRef(ctx: Ctx, at: { project: string; name: string }, check: Check): Promise<void> {
  try {
    const ref = await readRef(ctx, at.project, at.name);
    if (ref) check.checked.refs.push(ref);
  } catch (e) {
    if (!(e instanceof SwError) || e.code !== "STORE_DAMAGED") throw e;
    await salvage(ctx, at, check);
  }
}

async function salvage(ctx: Ctx, at: { project: string; name: string }, { versions, checked }: Check): Promise<void> {
  const path = refPath(ctx, at.project, at.name);
  const text = (await readTextIfAny(path)) ?? "";
  const quarantined = await quarantine(ctx, path);
  const found = [...new Set(text.match(/\b[a-z2-7]{40}\b/g))].flatMap((id) => versions.get(id) ?? []);
  if (found.length > 0) await updateRef(ctx, at, (ref) => rewrite(ref, found, text));
  checked.damaged.push({ ...at, quarantined, saved: found.length });
  const ref = await readRef(ctx, at.project, at.name);
  if (ref) checked.refs.push(ref);
}

/** Oldest first, as they once came; all are live, since a lost removal is easier to repeat than a lost version. */
function rewrite(ref: RuntimeRef, versions: readonly Version[], text: string): void {
  const known = new Set(ref.versions.map(({ id }) => id));
  const ordered = versions.filter(({ id }) => !known.has(id)).sort((a, b) => a.created_at - b.created_at);
  for (const { id, created_at, size } of ordered) ref.versions.push({ id, created_at, added_at: created_at, size });
  for (const [, tag = "", id = ""] of text.matchAll(/"([A-Za-z_][A-Za-z0-9_.-]{0,79})":\s*"([a-z2-7]{40})"/g)) {
    if (tag !== "id" && ordered.some((version) => version.id === id)) ref.tags[tag] ??= id;
  }
  for (const { id } of ordered) if (!hasAutoTag(ref, id)) giveAutoTag(ref, id);
  const newest = ordered.at(-1);
  if (newest) ref.tags.latest ??= newest.id;
}

const hasAutoTag = (ref: RuntimeRef, id: string) =>
  Object.entries(ref.tags).some(([tag, holder]) => holder === id && /^v\d+$/.test(tag));
