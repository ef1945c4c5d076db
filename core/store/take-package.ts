/**
 * Takes a package from anywhere into the store: stream → checked members as blobs → a version under the package's own id.
 * Names nothing: until a ref holds the version, gc may sweep it. Must not know where the bytes come from.
 * Tests: test/unit/core/store/take-package.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError, throwIfAborted } from "#core/errors.ts";
import type { PackageManifest } from "#core/manifest/manifest-schema.ts";
import { identityOf } from "#core/manifest/package-manifest.ts";
import { parseManifest } from "#core/manifest/parse-manifest.ts";
import { canonicalJson } from "#core/platform/digest.ts";
import { putBlobBytes, putBlobStream } from "#core/store/blobs.ts";
import { type NewVersion, putVersion, type Version, versionId } from "#core/store/tree-records.ts";
import { splitBundle } from "#core/swrt/bundle-part.ts";
import { packageInvalid } from "#core/swrt/package-error.ts";
import { packageEntries, type TreeEntry, withoutStandardFolders } from "#core/swrt/package-tree.ts";
import { type PackageContent, readPackage } from "#core/swrt/read-package.ts";
import { tarSize } from "#core/swrt/tar-writer.ts";

export interface Taken {
  version: Version;
  manifest: PackageManifest;
  /** What it carries beside the version; in the store, but held by nothing yet (core/bundle/take-bundle.ts). */
  bundle: TreeEntry[];
}

/**
 * @param expectId the version that the package was asked for or stored under, where somebody said so
 * @throws PACKAGE_INVALID for an unsound archive or manifest, a package of ours whose content is not what its id says,
 * and an id that stands for other content here; FORMAT_TOO_NEW, CANCELLED
 */
export async function takePackage(ctx: Ctx, source: AsyncIterable<Uint8Array>, expectId?: string): Promise<Taken> {
  const content = await readPackage(source, {
    async file(_path, body) {
      throwIfAborted(ctx.signal);
      return await putBlobStream(ctx, body);
    },
  });
  return await takeTree(ctx, content, expectId);
}

/** The same for a tree whose contents are in the store already; its entries are not trusted. */
export async function takeTree(ctx: Ctx, content: PackageContent, expectId?: string): Promise<Taken> {
  const manifest = parseManifest(content.manifestText);
  if (expectId !== undefined && manifest.version !== expectId) throw otherVersion(manifest.version, expectId);
  const { own, bundle } = splitBundle(content.entries);
  const entries = treeOf(manifest, own);
  const text = await putBlobBytes(ctx, content.manifestText);
  const size = tarSize(packageEntries(content.manifestText, entries, noContent));
  const record: NewVersion = {
    id: manifest.version,
    created_at: createdAt(ctx, manifest),
    manifest: text.sha256,
    size,
    entries,
  };
  return { version: await putOrCompare(ctx, record, manifest), manifest, bundle };
}

/** Our own packages name their content, so it can be checked; the Python client's ids are random. */
function treeOf(manifest: PackageManifest, entries: TreeEntry[]): TreeEntry[] {
  if (manifest.swcli === undefined) return entries;
  const own = withoutStandardFolders(entries);
  const id = versionId(own, identityOf(manifest));
  if (id === manifest.version) return own;
  throw packageInvalid(
    `says that it is version ${manifest.version}, but its content is ${id}`,
    "It was damaged or changed on its way; fetch it again, or build from the extracted files.",
  );
}

/** Two packages of one id: ours differ in when and by whom they were made only, others must be the same. */
async function putOrCompare(ctx: Ctx, record: NewVersion, manifest: PackageManifest): Promise<Version> {
  const stored = await putVersion(ctx, record);
  const sameTree = canonicalJson(stored.entries) === canonicalJson(record.entries);
  if (sameTree && (manifest.swcli !== undefined || stored.manifest === record.manifest)) return stored;
  throw new SwError("PACKAGE_INVALID", `version ${record.id} stands for other content in this store`, {
    hint: "One of the two packages was changed without a new version; nothing was taken over.",
    detail: { version: record.id },
  });
}

const otherVersion = (found: string, expected: string) =>
  packageInvalid(`is version ${found}, not ${expected}`, "It was renamed or damaged; nothing was taken over.");

/** `2026-11-22 00:42:37 UTC`; other zones stand there by names that mean nothing elsewhere. */
function createdAt(ctx: Ctx, manifest: PackageManifest): number {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)/.exec(manifest.created_at) ?? [];
  const parsed = Date.parse(`${day}T${time}Z`);
  return Number.isNaN(parsed) || parsed < 0 ? ctx.clock.now() : parsed;
}

// Sizes are known from the entries; nothing is read for them.
// biome-ignore lint/correctness/useYield: it is never run
async function* noContent(): AsyncGenerator<Uint8Array> {
  throw new Error("sizes need no content");
}
