/**
 * Layers (and configs of bases) on this machine, by digest: made here once, fetched once. They may be lost at any time; what
 * is there is looked at before its bytes count. Owns `cache/images/blobs/`. Tests: test/unit/core/docker/layer-cache.test.ts
 */
import { existsSync, mkdirSync, renameSync, statSync, utimesSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { sha256File } from "#core/platform/digest.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { unswept } from "#core/store/gc-lock.ts";

export interface CachedLayer {
  readonly digest: string;
  readonly size: number;
}

export const layerCache = (ctx: Ctx): string => `${ctx.paths.cache}/images/blobs`;

export const cachedLayerPath = (ctx: Ctx, digest: string): string => `${layerCache(ctx)}/${hexOf(digest)}`;

const hexOf = (digest: string) => digest.replace(/^sha256:/, "");

/** Whether it is there, by its size. Then gc sees that it was used now, and leaves it to the operation that asks. */
export const keepLayer = async (ctx: Ctx, { digest, size }: CachedLayer): Promise<boolean> =>
  await unswept(ctx, () => {
    const path = cachedLayerPath(ctx, digest);
    if (statSync(path, { throwIfNoEntry: false })?.size !== size) return false;
    touch(ctx, path);
    return true;
  });

function touch(ctx: Ctx, path: string): void {
  const now = new Date(ctx.clock.now());
  utimesSync(path, now, now);
}

/** Where a blob is fetched to until it is whole; what an earlier try left there stays until it is gone on with. */
export const partOf = async (ctx: Ctx, digest: string): Promise<string> =>
  await unswept(ctx, () => {
    const path = `${cachedLayerPath(ctx, digest)}.part`;
    mkdirSync(layerCache(ctx), { recursive: true });
    if (existsSync(path)) touch(ctx, path);
    return path;
  });

/** Makes the file its blob; the caller knows its digest. */
export const publishLayer = async (ctx: Ctx, temp: string, digest: string): Promise<void> =>
  await unswept(ctx, () => {
    mkdirSync(layerCache(ctx), { recursive: true });
    renameSync(temp, cachedLayerPath(ctx, digest));
  });

/** Its file, after a look at its bytes. @throws SwError HASH_MISMATCH (see `isDamagedLayer`) when they are others; it is dropped then */
export async function checkedLayer(ctx: Ctx, digest: string): Promise<string> {
  const path = cachedLayerPath(ctx, digest);
  if ((await sha256File(path)).hex === hexOf(digest)) return path;
  await removeFile(path);
  throw new SwError("HASH_MISMATCH", `the cached layer ${digest} was damaged and is dropped`, {
    hint: "Repeat the command: it is made or fetched anew.",
    detail: { damaged_layer: digest },
  });
}

/** What can be put right by making it once more. */
export const isDamagedLayer = (e: unknown): e is SwError =>
  e instanceof SwError && e.detail?.damaged_layer !== undefined;

/** Its file when it is there and whole; a damaged one is dropped, which is said. */
export async function wholeLayer(ctx: Ctx, layer: CachedLayer): Promise<string | undefined> {
  try {
    return (await keepLayer(ctx, layer)) ? await checkedLayer(ctx, layer.digest) : undefined;
  } catch (e) {
    if (!isDamagedLayer(e)) throw e;
    ctx.report.warn(e.message);
    return undefined;
  }
}
