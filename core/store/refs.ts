/**
 * Refs: what names mean. One file for each runtime of a project holds its versions and tags, so every change of them is
 * one rename. Owns `refs/`; knows nothing of blobs or environments. Tests: test/unit/core/store/refs.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { withFileLock } from "#core/platform/file-lock.ts";
import { namesIn, stemsIn } from "#core/platform/folder.ts";
import { readTextIfAny, removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { isSame, type Stamp, stampOf } from "#core/platform/stamp.ts";
import { foreignNames, foreignProjects, foreignStamp, readForeign } from "#core/store/foreign.ts";
import { bumpGeneration } from "#core/store/generation.ts";
import { emptyRef, parseRef, type RuntimeRef } from "#core/store/ref.ts";
import { overlay } from "#core/store/ref-overlay.ts";
import { isName } from "#core/uri/names.ts";

const projectDir = (ctx: Ctx, project: string) => `${ctx.paths.refs}/${project}`;
export const refPath = (ctx: Ctx, project: string, name: string): string => `${projectDir(ctx, project)}/${name}.json`;

/** The runtime's ref, from memory while its file stands; undefined when there is none. Not to be changed by the caller. */
export async function readRef(ctx: Ctx, project: string, name: string): Promise<RuntimeRef | undefined> {
  const stamp = refStamp(ctx, project, name);
  const memory = refMemory(ctx, project);
  const known = memory.get(name);
  if (known && isSame(known.stamp, stamp)) return known.ref;
  const ref = stamp && (await loadRef(ctx, project, name));
  if (!ref || ref.versions.length === 0) return undefined;
  memory.set(name, { stamp, ref });
  return ref;
}

function refStamp(ctx: Ctx, project: string, name: string): Stamp | undefined {
  return withForeign(stampOf(refPath(ctx, project, name)), foreignStamp(ctx, project, name));
}

/** Both clients' state in one stamp; undefined when neither has anything. */
function withForeign(own: Stamp | undefined, theirs: string): Stamp | undefined {
  if (!own && theirs === "") return undefined;
  return { key: `${own?.key ?? ""}|${theirs}`, settled: own?.settled ?? true };
}

interface Known {
  /** Taken before the file was read: a write in between makes it stale, never wrong. */
  stamp: Stamp;
  ref: RuntimeRef;
}

function refMemory(ctx: Ctx, project: string): Map<string, Known> {
  const key = `refs:${project}`;
  const known = ctx.memo.get<Map<string, Known>>(key);
  if (known) return known;
  const memory = new Map<string, Known>();
  ctx.memo.set(key, memory);
  return memory;
}

/** Ours laid over what the Python client left; empty when there is neither. */
async function loadRef(ctx: Ctx, project: string, name: string): Promise<RuntimeRef> {
  const path = refPath(ctx, project, name);
  const text = await readTextIfAny(path);
  const theirs = await readForeign(ctx, project, name);
  const own = text === undefined ? emptyRef(project, name) : parseRef(text, path);
  return overlay(ctx, own, theirs);
}

/**
 * All refs of a project, by name. While the folder stands it is one stat; afterwards only changed files are read.
 * (Every write of a ref is a rename in the folder.)
 */
export async function listRefs(ctx: Ctx, project: string): Promise<RuntimeRef[]> {
  const dir = projectDir(ctx, project);
  const stamp = withForeign(stampOf(dir), foreignStamp(ctx, project));
  if (stamp === undefined) return [];
  const key = `ref-list:${project}`;
  const known = ctx.memo.get<{ stamp: Stamp; refs: RuntimeRef[] }>(key);
  if (known && isSame(known.stamp, stamp)) return known.refs;
  const names = union(await stemsIn(dir, ".json"), foreignNames(ctx, project));
  const found = await Promise.all(names.map((name) => readRef(ctx, project, name)));
  const refs = found.filter((ref) => ref !== undefined);
  forgetOthers(refMemory(ctx, project), names);
  ctx.memo.set(key, { stamp, refs });
  return refs;
}

function forgetOthers(memory: Map<string, Known>, names: readonly string[]): void {
  const there = new Set(names);
  for (const name of memory.keys()) if (!there.has(name)) memory.delete(name);
}

/** Projects that hold runtimes, of either client; names with a dot in front are ours. */
export async function listRefProjects(ctx: Ctx): Promise<string[]> {
  return union((await namesIn(ctx.paths.refs)).filter(isName), foreignProjects(ctx));
}

const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])].sort();

/**
 * Changes one runtime's ref under the lock of all refs: `change` gets the ref as it is (empty when there is none) and
 * edits it in place; what it throws leaves the disk as it was. A ref without versions is removed, unless it hides some.
 */
export async function updateRef<T>(
  ctx: Ctx,
  { project, name }: { project: string; name: string },
  change: (ref: RuntimeRef) => T,
): Promise<T> {
  return await withFileLock(`${ctx.paths.locks}.refs.lock`, ctx.signal, async () => {
    const ref = await loadRef(ctx, project, name);
    const before = JSON.stringify(ref);
    const result = change(ref);
    if (JSON.stringify(ref) !== before) await publish(ctx, ref);
    return result;
  });
}

async function publish(ctx: Ctx, ref: RuntimeRef): Promise<void> {
  const path = refPath(ctx, ref.project, ref.name);
  const hides = (ref.adopted?.ids.length ?? 0) > 0;
  if (ref.versions.length === 0 && !hides) await removeFile(path);
  else await writeFileAtomic(path, `${JSON.stringify(ref, null, 1)}\n`);
  await bumpGeneration(ctx);
}
