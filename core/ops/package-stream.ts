/**
 * A version of the store as a package: the bytes of its `.swrt`, the same each time, with their exact number.
 * For upload, push and export. Tests: test/unit/core/ops/package-stream.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { newRoom, onLoan, rooms } from "#core/platform/piece-loan.ts";
import { openBlob, readBlobText } from "#core/store/blobs.ts";
import type { Version } from "#core/store/versions.ts";
import { packageEntries } from "#core/swrt/package-tree.ts";
import { tarChunks, tarSize } from "#core/swrt/tar-writer.ts";

export interface PackageStream {
  /** Bytes of the whole package, for Content-Length. */
  size: number;
  /** Byte for byte as stored. */
  manifestText: string;
  /** On loan; from the beginning at each call, so that a failed upload can be repeated. */
  chunks(): AsyncGenerator<Uint8Array>;
}

/** @throws STORE_DAMAGED here when the manifest is gone, while reading when another content is */
export async function packageStream(ctx: Ctx, version: Version): Promise<PackageStream> {
  const manifestText = await readBlobText(ctx, version.manifest);
  const entries = (room = newRoom) =>
    packageEntries(manifestText, version.entries, (sha256) => openBlob(ctx, sha256, room));
  // The manifest's own time: on every machine the same, and later than 1980, which makers of zip files insist on.
  const mtime = Math.max(0, Math.floor(version.created_at / 1000));
  return {
    size: tarSize(entries()),
    manifestText,
    chunks() {
      const { room, back } = rooms();
      return onLoan(tarChunks(entries(room), { mtime }), back);
    },
  };
}
