/**
 * Our refs laid over what the Python client left: its versions and tags show through until we change them.
 * A three-way merge: our ref keeps what it saw of theirs (`adopted`), so that what we removed stays removed and what
 * they changed since appears. Pure but for one look into `trees/`. Tests: test/unit/core/store/ref-overlay.test.ts
 */
import { existsSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import type { ForeignRuntime, ForeignVersion } from "#core/store/foreign.ts";
import type { RuntimeRef, VersionRef } from "#core/store/ref.ts";
import { versionPath } from "#core/store/tree-records.ts";

const NOTHING: ForeignRuntime = { versions: [], tags: {}, seq: -1 };

/** The ref as people see it; what is published from it remembers all that it saw. */
export function overlay(ctx: Ctx, own: RuntimeRef, theirs: ForeignRuntime = NOTHING): RuntimeRef {
  if (theirs.versions.length === 0 && own.adopted === undefined) return own;
  const versions = [...own.versions.filter((v) => isThere(ctx, v, theirs)), ...newOnes(own, theirs)];
  const ref: RuntimeRef = {
    ...own,
    seq: Math.max(own.seq, theirs.seq),
    versions,
    tags: mergedTags(own, theirs, versions),
    adopted: { ids: theirs.versions.map((v) => v.id), tags: theirs.tags },
  };
  return ref;
}

/** Theirs may be gone: what we never took into our store is gone with it. */
const isThere = (ctx: Ctx, version: VersionRef, theirs: ForeignRuntime) =>
  version.adopted !== true ||
  theirs.versions.some((other) => other.id === version.id) ||
  existsSync(versionPath(ctx, version.id));

/** Not those that we saw and have no more: they were removed for good here. */
function newOnes(own: RuntimeRef, theirs: ForeignRuntime): VersionRef[] {
  const known = new Set([...own.versions.map((v) => v.id), ...(own.adopted?.ids ?? [])]);
  return theirs.versions
    .filter((version) => !known.has(version.id))
    .sort((a, b) => a.mtime - b.mtime || (a.id < b.id ? -1 : 1))
    .map(toRef);
}

const toRef = ({ id, size, mtime }: ForeignVersion): VersionRef => ({
  id,
  size,
  created_at: mtime,
  added_at: mtime,
  adopted: true,
});

function mergedTags(own: RuntimeRef, theirs: ForeignRuntime, versions: VersionRef[]): Record<string, string> {
  const live = new Map(versions.filter((v) => v.removed_at === undefined).map((v) => [v.id, v]));
  const seen = own.adopted?.tags ?? {};
  const tags = Object.fromEntries(Object.entries(own.tags).filter(([, id]) => live.has(id)));
  for (const [tag, id] of Object.entries(theirs.tags)) {
    const unchanged = seen[tag] === id;
    const oursMoved = own.tags[tag] !== seen[tag];
    if (unchanged || !live.has(id) || (oursMoved && tag !== "latest")) continue;
    if (oursMoved && isOlder(live.get(id), live.get(tags[tag] ?? ""))) continue;
    tags[tag] = id;
  }
  const latest = tags.latest ?? newest([...live.values()])?.id;
  return latest === undefined ? tags : { ...tags, latest };
}

const isOlder = (a: VersionRef | undefined, b: VersionRef | undefined) => a && b && a.added_at < b.added_at;

/** The other client's removal leaves its `latest` at nothing. */
const newest = (versions: VersionRef[]) =>
  versions.reduce<VersionRef | undefined>((best, v) => (best && best.added_at >= v.added_at ? best : v), undefined);
