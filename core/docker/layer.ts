/**
 * Layers: a tar of entries, compressed to the same bytes each time, kept by a key that names all that went in.
 * Knows nothing of Python. Tests: test/unit/core/docker/layer.test.ts
 */
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { keepLayer, publishLayer } from "#core/docker/layer-cache.ts";
import type { LayerEntry } from "#core/docker/layer-entry.ts";
import { type Compression, type Layer, writeLayerFile } from "#core/docker/layer-writer.ts";
import { canonicalJson, sha256Hex } from "#core/platform/digest.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { ingestPath } from "#core/store/blobs.ts";
import { openState } from "#core/store/state.ts";

const LayerSchema = v.object({ mediaType: v.string(), digest: v.string(), size: v.number(), diffId: v.string() });

/** Grows when the same key would give other bytes: another order, compressor or level. */
const LAYER_FORMAT = 3;

export interface LayerPlan {
  /** What people call it. */
  readonly title: string;
  /** Everything that the bytes depend on. */
  readonly key: unknown;
  readonly compression: Compression;
}

/**
 * The layers of a key from the cache, or made now: `make` gives the entries of each.
 * An empty list of entries gives no layer.
 */
export async function layersFor(
  ctx: Ctx,
  plan: LayerPlan,
  make: () => Promise<readonly (readonly LayerEntry[])[]>,
): Promise<Layer[]> {
  const key = `images:layers:${sha256Hex(canonicalJson({ format: LAYER_FORMAT, ...plan, title: undefined }))}`;
  const known = await knownLayers(ctx, key);
  if (known) {
    ctx.report.log(`${plan.title}: ${known.length} layers from the cache`);
    return known;
  }
  const layers: Layer[] = [];
  for (const entries of await make()) {
    if (entries.length > 0) layers.push(await writeLayer(ctx, entries, plan.compression));
  }
  await openState(ctx).setItem(key, layers);
  return layers;
}

async function knownLayers(ctx: Ctx, key: string): Promise<Layer[] | undefined> {
  const parsed = v.safeParse(v.array(LayerSchema), await openState(ctx).getItem(key));
  if (!parsed.success) return undefined;
  const there = await Promise.all(parsed.output.map((layer) => keepLayer(ctx, layer)));
  return there.every(Boolean) ? parsed.output : undefined;
}

/** Writes one layer into the cache. */
export async function writeLayer(ctx: Ctx, entries: readonly LayerEntry[], compression: Compression): Promise<Layer> {
  const temp = await ingestPath(ctx);
  try {
    const layer = await writeLayerFile(ctx, { path: temp, entries, compression });
    await publishLayer(ctx, temp, layer.digest);
    return layer;
  } finally {
    await removeFile(temp);
  }
}
