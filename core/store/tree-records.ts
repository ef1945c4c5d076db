/**
 * The records of versions: a manifest and a sorted tree of content, named by what they hold. Written once, shared by
 * every name. Owns `trees/`; knows nothing of packages of others (see versions.ts). Tests: test/unit/core/store/versions.test.ts
 */
import { existsSync } from "node:fs";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { base32, canonicalJson } from "#core/platform/digest.ts";
import { readTextIfAny, removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { isSame, type Stamp, stampOf } from "#core/platform/stamp.ts";
import { blobPath } from "#core/store/blobs.ts";
import { unswept } from "#core/store/gc-lock.ts";
import { noteKept } from "#core/store/kept.ts";

export const TREE_FORMAT = 1;

const EntrySchema = v.object({
  path: v.string(),
  mode: v.number(),
  type: v.picklist(["file", "dir", "symlink"]),
  size: v.number(),
  sha256: v.optional(v.string()),
  link: v.optional(v.string()),
});

const VersionSchema = v.looseObject({
  format: v.number(),
  id: v.string(),
  /** Unix ms. */
  created_at: v.number(),
  /** Digest of the `_manifest.yaml` text. */
  manifest: v.string(),
  /** Bytes of the package as a tar. */
  size: v.number(),
  entries: v.array(EntrySchema),
});

export type Entry = v.InferOutput<typeof EntrySchema>;
export type Version = v.InferOutput<typeof VersionSchema>;
export type NewVersion = Pick<Version, "id" | "created_at" | "manifest" | "size" | "entries">;

export const versionPath = (ctx: Ctx, id: string): string => `${ctx.paths.trees}/${id.slice(0, 2)}/${id}.json`;

/**
 * The id of content: 40 characters of `[a-z2-7]`, base32 of sha256 over tree and the manifest's lasting part
 * (no times, no builder: docs/disk.md, "Keys"). The same on every machine.
 */
export function versionId(entries: readonly Entry[], identity: unknown): string {
  const digest = new Bun.CryptoHasher("sha256")
    .update(canonicalJson({ format: TREE_FORMAT, entries, identity }))
    .digest();
  return base32(digest).slice(0, 40);
}

/** The record of a version, when there is one. @throws FORMAT_TOO_NEW, STORE_DAMAGED */
export async function readVersionIfAny(ctx: Ctx, id: string): Promise<Version | undefined> {
  // A version never changes, but it may have gone and come back with another time in its manifest.
  const stamp = stampOf(versionPath(ctx, id));
  const known = ctx.memo.get<{ stamp: Stamp; version: Version }>(`version:${id}`);
  if (known && isSame(known.stamp, stamp)) return known.version;
  const text = await readTextIfAny(versionPath(ctx, id));
  if (text === undefined) return undefined;
  const version = parseVersion(text, id);
  if (stamp) ctx.memo.set(`version:${id}`, { stamp, version });
  return version;
}

function parseVersion(text: string, id: string): Version {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (e) {
    throw damaged(id, e);
  }
  const version = v.safeParse(VersionSchema, json);
  if (!version.success) throw damaged(id, version.issues);
  if (version.output.format <= TREE_FORMAT) return version.output;
  throw new SwError("FORMAT_TOO_NEW", `version ${id} was written by a newer swcli`, {
    hint: "Use that swcli or a newer one.",
  });
}

const damaged = (id: string, cause: unknown) =>
  new SwError("STORE_DAMAGED", `the tree of version ${id} can't be read`, {
    hint: "Run `swcli doctor --store`.",
    cause,
  });

/**
 * Publishes a version unless it is there; the first one's time stays. Its blobs must be in the store already.
 * @returns what the store holds now.
 */
export async function putVersion(ctx: Ctx, version: NewVersion): Promise<Version> {
  const record: Version = { format: TREE_FORMAT, ...version };
  await unswept(ctx, async () => {
    const made = await writeFileAtomic(versionPath(ctx, version.id), JSON.stringify(record), { exclusive: true });
    if (!made) noteKept(ctx, version.id);
  });
  return (await readVersionIfAny(ctx, version.id)) ?? record;
}

/** Forgets the record, so that it can be put anew; its content stays. */
export const dropVersion = async (ctx: Ctx, id: string): Promise<void> =>
  await unswept(ctx, async () => await removeFile(versionPath(ctx, id)));

/** The version if the store has it; then it also stays, with its content, until the end of the operation that asks. */
export async function keepVersion(ctx: Ctx, id: string): Promise<Version | undefined> {
  return await unswept(ctx, async () => {
    const version = await readVersionIfAny(ctx, id);
    if (version) noteKept(ctx, id);
    return version;
  });
}

/** True when the tree and every blob of it is in the store. */
export async function isComplete(ctx: Ctx, id: string): Promise<boolean> {
  const version = await readVersionIfAny(ctx, id);
  if (!version) return false;
  const digests = [version.manifest, ...version.entries.flatMap((e) => e.sha256 ?? [])];
  return digests.every((digest) => existsSync(blobPath(ctx, digest)));
}
