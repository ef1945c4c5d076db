import { expect, test } from "bun:test";
import { existsSync, statSync, utimesSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { writeLayer } from "#core/docker/layer.ts";
import { cachedLayerPath, checkedLayer, isDamagedLayer, keepLayer } from "#core/docker/layer-cache.ts";
import { textEntry } from "#core/docker/layer-entry.ts";
import type { Layer } from "#core/docker/layer-writer.ts";
import { checkLayers, type LayerRules, sweepLayers } from "#core/docker/sweep-layers.ts";
import { mark } from "#core/store/gc-mark.ts";
import { withLease } from "#core/store/leases.ts";
import { storeHome } from "../store/store-home.ts";

const layerOf = async (ctx: Ctx, text: string): Promise<Layer> =>
  await writeLayer(ctx, [textEntry("/text", text)], "gzip");

const DAY_MS = 86_400_000;

/** As if nobody had needed it for so long. */
function age(ctx: Ctx, { digest }: Layer, days: number): void {
  const then = new Date(Date.now() - days * DAY_MS);
  utimesSync(cachedLayerPath(ctx, digest), then, then);
}

const sweep = async (ctx: Ctx, rules: Partial<LayerRules> = {}) =>
  await sweepLayers(ctx, await mark(ctx, [], new Map()), {
    ...{ unusedBefore: Date.now() - 30 * DAY_MS, limit: Number.POSITIVE_INFINITY, dryRun: false },
    ...rules,
  });

const isThere = (ctx: Ctx, { digest }: Layer) => existsSync(cachedLayerPath(ctx, digest));

test("a layer whose bytes are others is dropped when they are needed, and the error can be told from others", async () => {
  await using home = await storeHome();
  const layer = await layerOf(home.ctx, "x");
  expect(await checkedLayer(home.ctx, layer.digest)).toBe(cachedLayerPath(home.ctx, layer.digest));
  await writeFile(cachedLayerPath(home.ctx, layer.digest), Buffer.alloc(layer.size));
  expect(await keepLayer(home.ctx, layer)).toBe(true);
  const failure = await checkedLayer(home.ctx, layer.digest).catch((e: unknown) => e);
  expect(isDamagedLayer(failure)).toBe(true);
  expect(await keepLayer(home.ctx, layer)).toBe(false);
});

test("gc takes layers that nobody needed for a month, with downloads that broke off, and leaves the others", async () => {
  await using home = await storeHome();
  const [old, used] = [await layerOf(home.ctx, "old"), await layerOf(home.ctx, "used")];
  for (const layer of [old, used]) age(home.ctx, layer, 40);
  const part = `${cachedLayerPath(home.ctx, "a".repeat(64))}.part`;
  await writeFile(part, "half");
  utimesSync(part, 0, 0);
  expect(await keepLayer(home.ctx, used)).toBe(true);
  expect(statSync(cachedLayerPath(home.ctx, used.digest)).mtimeMs).toBeGreaterThan(Date.now() - DAY_MS);
  expect(await sweep(home.ctx, { dryRun: true })).toEqual({ count: 2, bytes: old.size + 4 });
  expect(isThere(home.ctx, old)).toBe(true);
  expect(await sweep(home.ctx)).toEqual({ count: 2, bytes: old.size + 4 });
  expect([isThere(home.ctx, old), isThere(home.ctx, used), existsSync(part)]).toEqual([false, true, false]);
});

test("above the limit the longest unused layers go first, until the rest fits", async () => {
  await using home = await storeHome();
  const layers = [await layerOf(home.ctx, "a"), await layerOf(home.ctx, "b"), await layerOf(home.ctx, "c")];
  for (const [at, layer] of layers.entries()) age(home.ctx, layer, 3 - at);
  const limit = (layers[1]?.size ?? 0) + (layers[2]?.size ?? 0);
  expect(await sweep(home.ctx, { limit })).toMatchObject({ count: 1 });
  expect(layers.map((layer) => isThere(home.ctx, layer))).toEqual([false, true, true]);
});

test("what a running operation has found or made stays, however much there is", async () => {
  await using home = await storeHome();
  const found = await layerOf(home.ctx, "found");
  const unneeded = await layerOf(home.ctx, "unneeded");
  for (const layer of [found, unneeded]) age(home.ctx, layer, 40);
  // Their times count in the marks too, and a disk's clock is coarse.
  await Bun.sleep(20);
  await withLease(home.ctx, async (own) => {
    expect(await keepLayer(own, found)).toBe(true);
    const made = await layerOf(own, "made");
    expect(await sweep(home.ctx, { limit: 0 })).toMatchObject({ count: 1 });
    expect([found, made, unneeded].map((layer) => isThere(own, layer))).toEqual([true, true, false]);
  });
  await sweep(home.ctx, { limit: 0 });
  expect(isThere(home.ctx, found)).toBe(false);
});

test("fsck drops damaged layers and says which", async () => {
  await using home = await storeHome();
  const [whole, damaged] = [await layerOf(home.ctx, "whole"), await layerOf(home.ctx, "damaged")];
  await writeFile(cachedLayerPath(home.ctx, damaged.digest), Buffer.alloc(damaged.size));
  expect(await checkLayers(home.ctx)).toEqual({ count: 2, damaged: [damaged.digest] });
  expect([isThere(home.ctx, whole), isThere(home.ctx, damaged)]).toEqual([true, false]);
  await rm(home.ctx.paths.cache, { recursive: true });
  expect(await checkLayers(home.ctx)).toEqual({ count: 0, damaged: [] });
});
