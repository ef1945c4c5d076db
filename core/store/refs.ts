/**
 * Refs: what names mean. One file for each runtime of a project holds its versions and tags, so every change of them is
 * one rename. Owns `refs/`; knows nothing of blobs or environments. Tests: test/unit/core/store/refs.test.ts
 */
import { readdir } from "node:fs/promises";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { withFileLock } from "#core/platform/file-lock.ts";
import { readTextIfAny, removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { bumpGeneration, rememberByGeneration } from "#core/store/generation.ts";

export const REFS_FORMAT = 1;

const VersionRefSchema = v.looseObject({
  id: v.string(),
  /** Unix ms of the version's first making. */
  created_at: v.number(),
  /** Unix ms at which this name got it; orders the history. */
  added_at: v.number(),
  /** Bytes of the package. */
  size: v.number(),
  /** Unix ms of the removal; absent while live. */
  removed_at: v.optional(v.number()),
  /** Tags that a removed version gets back when it is recovered. */
  removed_tags: v.optional(v.array(v.string())),
});

const RuntimeRefSchema = v.looseObject({
  format: v.number(),
  name: v.string(),
  project: v.string(),
  /** The last vN given; -1 before the first. */
  seq: v.number(),
  versions: v.array(VersionRefSchema),
  /** Tag (also `latest` and `vN`) → version id; only live versions. */
  tags: v.record(v.string(), v.string()),
});

export type VersionRef = v.InferOutput<typeof VersionRefSchema>;
export type RuntimeRef = v.InferOutput<typeof RuntimeRefSchema>;

const emptyRef = (project: string, name: string): RuntimeRef => ({
  format: REFS_FORMAT,
  name,
  project,
  seq: -1,
  versions: [],
  tags: {},
});

const projectDir = (ctx: Ctx, project: string) => `${ctx.paths.refs}/${project}`;
const refPath = (ctx: Ctx, project: string, name: string) => `${projectDir(ctx, project)}/${name}.json`;

/** The runtime's ref, from memory while nothing has been written; undefined when there is none. */
export async function readRef(ctx: Ctx, project: string, name: string): Promise<RuntimeRef | undefined> {
  return await rememberByGeneration(ctx, `ref:${project}/${name}`, () => loadRef(ctx, project, name));
}

async function loadRef(ctx: Ctx, project: string, name: string): Promise<RuntimeRef | undefined> {
  const path = refPath(ctx, project, name);
  const text = await readTextIfAny(path);
  return text === undefined ? undefined : parseRef(text, path);
}

function parseRef(text: string, path: string): RuntimeRef {
  try {
    const ref = v.parse(RuntimeRefSchema, JSON.parse(text));
    if (ref.format <= REFS_FORMAT) return ref;
  } catch (e) {
    throw new SwError("STORE_DAMAGED", `${path} can't be read`, { hint: "Run `swcli doctor --store`.", cause: e });
  }
  throw new SwError("FORMAT_TOO_NEW", `${path} was written by a newer swcli`, {
    hint: "Use that swcli or a newer one.",
  });
}

/** All refs of a project, by name. Unchanged files are not read again. */
export async function listRefs(ctx: Ctx, project: string): Promise<RuntimeRef[]> {
  return await rememberByGeneration(ctx, `refs:${project}`, async () => {
    const names = await namesIn(projectDir(ctx, project));
    const refs = await Promise.all(names.map((name) => loadRef(ctx, project, name)));
    return refs.filter((ref) => ref !== undefined);
  });
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    const files = await readdir(dir);
    return files
      .filter((f) => f.endsWith(".json"))
      .map((f) => f.slice(0, -".json".length))
      .sort();
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return [];
  }
}

/** Projects that hold runtimes. */
export async function listRefProjects(ctx: Ctx): Promise<string[]> {
  try {
    return (await readdir(ctx.paths.refs)).sort();
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return [];
  }
}

/**
 * Changes one runtime's ref under the lock of all refs: `change` gets the ref as it is (empty when there is none) and
 * edits it in place; what it throws leaves the disk as it was. A ref without versions is removed.
 */
export async function updateRef<T>(
  ctx: Ctx,
  { project, name }: { project: string; name: string },
  change: (ref: RuntimeRef) => T,
): Promise<T> {
  return await withFileLock(`${ctx.paths.locks}.refs.lock`, ctx.signal, async () => {
    const ref = (await loadRef(ctx, project, name)) ?? emptyRef(project, name);
    const before = JSON.stringify(ref);
    const result = change(ref);
    if (JSON.stringify(ref) !== before) await publish(ctx, ref);
    return result;
  });
}

async function publish(ctx: Ctx, ref: RuntimeRef): Promise<void> {
  const path = refPath(ctx, ref.project, ref.name);
  if (ref.versions.length === 0) await removeFile(path);
  else await writeFileAtomic(path, `${JSON.stringify(ref, null, 1)}\n`);
  await bumpGeneration(ctx);
}

export const liveVersions = (ref: RuntimeRef): VersionRef[] => ref.versions.filter((r) => r.removed_at === undefined);

/** Tags of a version in reading order: latest, vN ascending, then the others by name. */
export function tagsOf(ref: RuntimeRef, id: string): string[] {
  const tags = Object.keys(ref.tags).filter((tag) => ref.tags[tag] === id);
  return tags.sort((a, b) => tagRank(a) - tagRank(b) || (a < b ? -1 : 1));
}

const AUTO_TAG = /^v(\d+)$/;
const tagRank = (tag: string): number => {
  if (tag === "latest") return -1;
  const auto = AUTO_TAG.exec(tag);
  return auto ? Number(auto[1]) : Number.MAX_SAFE_INTEGER;
};

/** `latest` and `vN` are made by us and can't be given by people. */
export const isBuiltinTag = (tag: string): boolean => tag === "latest" || AUTO_TAG.test(tag);

/** The next vN: numbers are never given twice. */
export function giveAutoTag(ref: RuntimeRef, id: string): string {
  do ref.seq += 1;
  while (ref.tags[`v${ref.seq}`] !== undefined);
  const tag = `v${ref.seq}`;
  ref.tags[tag] = id;
  return tag;
}
