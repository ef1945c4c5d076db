/**
 * The life of versions inside one ref: removed and recovered, gone for good, and what that does to tags.
 * Pure changes of a ref in place, to be made inside `updateRef`. Tests: test/unit/core/ops/life.test.ts
 */
import { liveVersions, type RuntimeRef, tagsOf, type VersionRef } from "#core/store/ref.ts";

/** Newest first; of two that came in the same millisecond the later one in the file. */
export function newestFirst(ref: RuntimeRef, versions: readonly VersionRef[]): VersionRef[] {
  const place = new Map(ref.versions.map((version, i) => [version.id, i]));
  const later = (a: VersionRef, b: VersionRef) => (place.get(b.id) ?? 0) - (place.get(a.id) ?? 0);
  return [...versions].sort((a, b) => b.added_at - a.added_at || later(a, b));
}

/** Removes live versions, to be recovered or collected later. They keep their tags for that. */
export function retire(ref: RuntimeRef, versions: readonly VersionRef[], now: number): void {
  const whole = versions.length === liveVersions(ref).length;
  for (const version of versions) {
    version.removed_tags = tagsOf(ref, version.id);
    version.removed_at = now;
    if (whole) version.removed_whole = true;
    dropTags(ref, version.id);
  }
  keepLatest(ref);
}

/** Takes versions out for good, live or removed. */
export function erase(ref: RuntimeRef, versions: readonly VersionRef[]): void {
  const ids = new Set(versions.map(({ id }) => id));
  for (const id of ids) dropTags(ref, id);
  ref.versions = ref.versions.filter(({ id }) => !ids.has(id));
  keepLatest(ref);
}

/**
 * Makes removed versions live again with the tags that are still free.
 * @returns a line for each tag that meanwhile belongs to another version
 */
export function revive(ref: RuntimeRef, versions: readonly VersionRef[]): string[] {
  const heirs = versions.filter((version) => version.removed_tags?.includes("latest"));
  const said = newestFirst(ref, versions).flatMap((version) => takeBackTags(ref, version));
  for (const version of versions) {
    delete version.removed_at;
    delete version.removed_tags;
  }
  // The name was brought back on purpose; the rest may follow it without force.
  for (const version of ref.versions) delete version.removed_whole;
  const holder = ref.versions.find((version) => version.id === ref.tags.latest);
  const newest = newestFirst(ref, holder ? [...heirs, holder] : heirs)[0];
  if (newest) ref.tags.latest = newest.id;
  keepLatest(ref);
  return said;
}

function takeBackTags(ref: RuntimeRef, version: VersionRef): string[] {
  const said: string[] = [];
  for (const tag of version.removed_tags ?? []) {
    if (tag === "latest") continue;
    const holder = ref.tags[tag];
    if (holder === undefined) ref.tags[tag] = version.id;
    else if (holder !== version.id) said.push(`tag ${tag} stays with ${short(holder)}`);
  }
  return said;
}

function dropTags(ref: RuntimeRef, id: string): void {
  for (const [tag, holder] of Object.entries(ref.tags)) if (holder === id) delete ref.tags[tag];
}

/** While there is a live version, `latest` names one: the newest, when its own has gone. */
function keepLatest(ref: RuntimeRef): void {
  const live = liveVersions(ref);
  if (live.some(({ id }) => id === ref.tags.latest)) return;
  const newest = newestFirst(ref, live)[0];
  if (newest) ref.tags.latest = newest.id;
  else delete ref.tags.latest;
}

/** As versions are shown: 12 characters. */
export const short = (id: string | undefined): string => id?.slice(0, 12) ?? "nothing";
