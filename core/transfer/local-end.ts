/**
 * The local store as an end of a copy: versions that have names here, and names that versions get.
 * Tests: test/e2e/copy.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { checkRuntimeName } from "#core/ops/package-name.ts";
import { packageStream } from "#core/ops/package-stream.ts";
import { publishVersion } from "#core/ops/publish-version.ts";
import { localUri } from "#core/ops/target.ts";
import { readBlobText } from "#core/store/blobs.ts";
import { readCarried } from "#core/store/carried-files.ts";
import { unswept } from "#core/store/gc-lock.ts";
import { noteKept } from "#core/store/kept.ts";
import { isBuiltinTag, tagsOf } from "#core/store/ref.ts";
import { readRef, updateRef } from "#core/store/refs.ts";
import { resolveVersion } from "#core/store/resolve.ts";
import { isComplete, readVersion } from "#core/store/versions.ts";
import type { Existing, Sink, Source } from "#core/transfer/ends.ts";
import type { TagOutcome } from "#core/transfer/server-tags.ts";
import type { LocalRuntime } from "#core/uri/uri.ts";

/** @throws RUNTIME_NOT_FOUND, VERSION_NOT_FOUND, AMBIGUOUS */
export async function localSource(ctx: Ctx, uri: LocalRuntime): Promise<Source> {
  const { ref, version: entry } = await unswept(ctx, async () => {
    const resolved = await resolveVersion(ctx, uri);
    noteKept(ctx, resolved.version.id);
    return resolved;
  });
  const version = await readVersion(ctx, entry.id);
  const stream = await packageStream(ctx, version);
  return {
    uri: localUri(ref.project, ref.name, entry.id),
    name: ref.name,
    version: entry.id,
    origin: entry.origin,
    tags: tagsOf(ref, entry.id).filter((tag) => !isBuiltinTag(tag)),
    manifestText: stream.manifestText,
    carried: (await readCarried(ctx, entry.id)).length,
    store: async () => version,
    bytes: async () => ({ size: stream.size, trusted: true, open: () => stream.chunks() }),
  };
}

export function localSink(ctx: Ctx, place: LocalRuntime): Sink {
  return {
    uri: (version) => localUri(place.project, place.name, version),
    check: () => void checkRuntimeName(place.name),
    existing: async ({ version }) => await existing(ctx, place, version),
    async put(source) {
      const version = await source.store();
      const { said } = await publishVersion(ctx, {
        ...{ project: place.project, name: place.name, version, tags: [] },
        origin: source.origin,
      });
      for (const line of said) ctx.report.warn(line);
    },
    tag: async (version, tags, move) => await putTags(ctx, place, { version, tags, move }),
  };
}

async function existing(ctx: Ctx, { project, name }: LocalRuntime, id: string): Promise<Existing | undefined> {
  const ref = await readRef(ctx, project, name);
  if (!ref?.versions.some((version) => version.id === id && version.removed_at === undefined)) return undefined;
  // What a damaged store has lost is brought back by copying it again.
  if (!(await isComplete(ctx, id))) return undefined;
  const version = await readVersion(ctx, id);
  return { manifestText: await readBlobText(ctx, version.manifest) };
}

/** All in one change of the name. */
async function putTags(
  ctx: Ctx,
  { project, name }: LocalRuntime,
  { version, tags, move }: { version: string; tags: readonly string[]; move: boolean },
): Promise<TagOutcome[]> {
  if (tags.length === 0) return [];
  return await updateRef(ctx, { project, name }, (ref) =>
    tags.map((tag): TagOutcome => {
      const holder = ref.tags[tag];
      if (holder === version) return { tag, state: "there" };
      if (holder !== undefined && !move) return { tag, state: "kept", by: holder };
      ref.tags[tag] = version;
      return { tag, state: holder === undefined ? "added" : "moved" };
    }),
  );
}
