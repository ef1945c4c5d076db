/** Blobs of other images in our cache of blobs: downloaded whole, resumed, checked, then published. */
import { mkdir, rename } from "node:fs/promises";
import { imageBlobPath } from "#core/docker/layer.ts";
import { type BlobAt, pullBlob } from "#core/oci/pull-blob.ts";
import type { Registry } from "#core/oci/registry.ts";
import { withFileLock } from "#core/platform/file-lock.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";

/** Two jobs that want one blob: the second one waits and finds it. A broken download is gone on with the next time. */
export async function openBlobFile(registry: Registry, blob: BlobAt): Promise<void> {
  const { ctx } = registry;
  const target = imageBlobPath(ctx, blob.digest);
  const part = `${target}.part`;
  await mkdir(`${ctx.paths.cache}/images/blobs`, { recursive: true });
  await withFileLock(`${ctx.paths.locks}.blob-${blob.digest.slice(7, 23)}.lock`, ctx.signal, async () => {
    const file = Bun.file(target);
    if ((await file.exists()) && file.size === blob.size) return;
    if (Bun.file(part).size > blob.size) await removeFile(part);
    await pullBlob(registry, blob, part);
    await rename(part, target);
  });
}
