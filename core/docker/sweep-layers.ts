/**
 * What gc and fsck do with the cache of layers: those that nobody used for long, or that don't fit into the limit, go, and
 * damaged ones; never one that a running operation needs. Tests: test/unit/core/docker/layer-cache.test.ts
 */
import { stat } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { layerCache } from "#core/docker/layer-cache.ts";
import { errno, throwIfAborted } from "#core/errors.ts";
import { sha256File } from "#core/platform/digest.ts";
import { namesIn } from "#core/platform/folder.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import type { Marks } from "#core/store/gc-mark.ts";
import type { Swept } from "#core/store/gc-sweep.ts";

export interface LayerRules {
  /** Unix ms: what was last used before it goes. */
  readonly unusedBefore: number;
  /** Bytes that all together may take. */
  readonly limit: number;
  readonly dryRun: boolean;
}

interface CacheFile {
  readonly path: string;
  readonly bytes: number;
  readonly lastUse: number;
  readonly held: boolean;
}

/** The longest unused first. To be called under the sweep's lock; broken downloads count as layers. */
export async function sweepLayers(ctx: Ctx, marks: Marks, rules: LayerRules): Promise<Swept> {
  const files = (await listCache(ctx, marks)).sort((a, b) => a.lastUse - b.lastUse);
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const swept: Swept = { count: 0, bytes: 0 };
  for (const { path, bytes, lastUse, held } of files) {
    if (held || (lastUse > rules.unusedBefore && total <= rules.limit)) continue;
    if (!rules.dryRun) await removeFile(path);
    total -= bytes;
    swept.count += 1;
    swept.bytes += bytes;
  }
  return swept;
}

async function listCache(ctx: Ctx, { youngerThan }: Marks): Promise<CacheFile[]> {
  const names = await namesIn(layerCache(ctx));
  const files = names.map(async (name): Promise<CacheFile[]> => {
    const path = `${layerCache(ctx)}/${name}`;
    const info = await statIfAny(path);
    if (!info) return [];
    // Whoever makes or needs one leaves its time.
    return [{ path, bytes: info.size, lastUse: info.mtimeMs, held: info.ctimeMs >= youngerThan }];
  });
  return (await Promise.all(files)).flat();
}

export interface CheckedLayers {
  readonly count: number;
  /** Digests of those that are gone now: they are made or fetched anew when they are needed. */
  readonly damaged: readonly string[];
}

/** Reads every cached layer and drops those that are not what their names say. */
export async function checkLayers(ctx: Ctx): Promise<CheckedLayers> {
  const names = (await namesIn(layerCache(ctx))).filter((name) => /^[0-9a-f]{64}$/.test(name)).sort();
  const damaged: string[] = [];
  for (const name of names) {
    throwIfAborted(ctx.signal);
    const path = `${layerCache(ctx)}/${name}`;
    if ((await hexIfAny(path)) === name) continue;
    await removeFile(path);
    damaged.push(`sha256:${name}`);
  }
  return { count: names.length, damaged };
}

/** gc may have been quicker. */
const statIfAny = async (path: string) => await ifThere(stat(path));
const hexIfAny = async (path: string) => (await ifThere(sha256File(path)))?.hex;

async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return undefined;
  }
}
