/** Blobs of other images in our cache of blobs: downloaded whole, resumed, checked, then published. */
import { keepLayer, partOf, publishLayer } from "#core/docker/layer-cache.ts";
import { type BlobAt, pullBlob } from "#core/oci/pull-blob.ts";
import type { Registry } from "#core/oci/registry.ts";
import { withFileLock } from "#core/platform/file-lock.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";

/** Two jobs that want one blob: the second one waits and finds it. A broken download is gone on with the next time. */
export async function openBlobFile(registry: Registry, blob: BlobAt): Promise<void> {
  const { ctx } = registry;
  await withFileLock(`${ctx.paths.locks}.blob-${blob.digest.slice(7, 23)}.lock`, ctx.signal, async () => {
    if (await keepLayer(ctx, blob)) return;
    const part = await partOf(ctx, blob.digest);
    if (Bun.file(part).size > blob.size) await removeFile(part);
    await pullBlob(registry, blob, part);
    await publishLayer(ctx, part, blob.digest);
  });
}
