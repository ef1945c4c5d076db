/**
 * A version and the files of its lock as one package file: the package's own members first, so that whoever reads packages
 * reads it, then `bundle/`. Format: docs/bundles.md. Tests: test/e2e/bundle.test.ts
 */
import { type BundleIndex, renderIndex } from "#core/bundle/bundle-index.ts";
import type { Ctx } from "#core/context.ts";
import { onLoan } from "#core/platform/piece-loan.ts";
import { openBlob, readBlobText } from "#core/store/blobs.ts";
import type { Version } from "#core/store/versions.ts";
import { BUNDLE_FOLDER, BUNDLE_INDEX } from "#core/swrt/bundle-part.ts";
import { packageEntries } from "#core/swrt/package-tree.ts";
import { type TarEntry, tarChunks, tarSize, textMember } from "#core/swrt/tar-writer.ts";

export interface BundleStream {
  size: number;
  /** The same bytes for the same version and files; the pieces are on loan. */
  chunks(): AsyncGenerator<Uint8Array>;
}

/** @param sizes of the files, by digest */
export async function bundleStream(
  ctx: Ctx,
  version: Version,
  { index, sizes }: { index: BundleIndex; sizes: ReadonlyMap<string, number> },
): Promise<BundleStream> {
  const manifest = await readBlobText(ctx, version.manifest);
  const entries = [
    ...packageEntries(manifest, version.entries, (sha256) => openBlob(ctx, sha256)),
    ...foldersOf(index).map((path): TarEntry => ({ path, mode: 0o755, type: "dir", size: 0 })),
    textMember(BUNDLE_INDEX, renderIndex(index)),
    ...index.files.map(
      ({ path, sha256 }): TarEntry => ({
        path: `${BUNDLE_FOLDER}/${path}`,
        mode: 0o644,
        type: "file",
        size: sizes.get(sha256) ?? 0,
        open: () => openBlob(ctx, sha256),
      }),
    ),
  ];
  const mtime = Math.max(0, Math.floor(version.created_at / 1000));
  return { size: tarSize(entries), chunks: () => onLoan(tarChunks(entries, { mtime })) };
}

/** Each before what it holds. */
function foldersOf({ files }: BundleIndex): string[] {
  const folders = files.flatMap(({ path }) => path.split("/").map((_, at, parts) => parts.slice(0, at).join("/")));
  return [...new Set(folders)].sort().map((folder) => (folder === "" ? BUNDLE_FOLDER : `${BUNDLE_FOLDER}/${folder}`));
}
