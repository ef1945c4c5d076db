/**
 * The layers of a version in the store, ready to be sent: bytes with their digests, and the config that says what is in
 * which. Digests of parts are remembered, since their contents never change. Tests: test/e2e/copy-oci.test.ts
 */
import type { Ctx } from "#core/context.ts";
import type { Descriptor } from "#core/oci/manifest.ts";
import { type BlobSource, bytesSource } from "#core/oci/push-blob.ts";
import { canonicalJson, sha256Hex } from "#core/platform/digest.ts";
import { blobPath } from "#core/store/blobs.ts";
import { openState } from "#core/store/state.ts";
import type { Version } from "#core/store/versions.ts";
import * as artifact from "#core/transfer/oci-artifact.ts";
import { type Content, partAt, planLayers } from "#core/transfer/oci-plan.ts";

export interface Layer {
  readonly source: BlobSource;
  readonly descriptor: Descriptor;
}

export interface RuntimeLayers {
  readonly config: Layer;
  readonly manifest: Layer;
  readonly layers: readonly Layer[];
}

export async function runtimeLayers(ctx: Ctx, version: Version, manifestText: string): Promise<RuntimeLayers> {
  const plan = planLayers(version.entries);
  const alone = plan.alone.map((content) => contentLayer(ctx, content));
  const cut = await inOrder(plan.cut, async (content) => await cutLayers(ctx, content));
  const packs = await inOrder(plan.packs, async (pack) => ({ pack, layer: await packLayer(ctx, pack) }));
  const config = artifact.newConfig({
    version: version.id,
    entries: version.entries,
    packs: packs.map(({ pack, layer }) => ({
      sha256: hexOf(layer),
      blobs: pack.map(({ sha256, size }): [string, number] => [sha256, size]),
    })),
    parts: plan.cut.map(({ sha256, partSize }, i) => ({
      sha256,
      part_size: partSize,
      parts: (cut[i] ?? []).map(hexOf),
    })),
  });
  const text = (value: string) => bytesSource(new TextEncoder().encode(value));
  return {
    config: layerOf(text(canonicalJson(config)), artifact.RUNTIME_CONFIG),
    manifest: layerOf(text(manifestText), artifact.RUNTIME_MANIFEST),
    layers: [...alone, ...cut.flat(), ...packs.map(({ layer }) => layer)],
  };
}

const hexOf = ({ source }: Layer): string => source.digest.slice("sha256:".length);

const layerOf = (source: BlobSource, mediaType: string): Layer => ({
  source,
  descriptor: { mediaType, digest: source.digest, size: source.size },
});

function contentLayer(ctx: Ctx, { sha256, size, path }: Content): Layer {
  const { source, descriptor } = layerOf(
    sliceSource(ctx, sha256, { from: 0, to: size }, sha256),
    artifact.RUNTIME_BLOB,
  );
  return { source, descriptor: artifact.titled(descriptor, path) };
}

/** Read when it is sent. */
function sliceSource(
  ctx: Ctx,
  content: string,
  { from, to }: { from: number; to: number },
  sha256: string,
): BlobSource {
  const file = Bun.file(blobPath(ctx, content));
  return {
    digest: `sha256:${sha256}`,
    size: to - from,
    slice: (start, end) => file.slice(from + start, from + end),
  };
}

async function cutLayers(ctx: Ctx, content: Content & { partSize: number }): Promise<Layer[]> {
  const digests = await partDigests(ctx, content);
  return digests.map((sha256, i) => {
    const place = partAt(content.size, content.partSize, i);
    return layerOf(sliceSource(ctx, content.sha256, place, sha256), artifact.RUNTIME_PART);
  });
}

async function partDigests(ctx: Ctx, { sha256, size, partSize }: Content & { partSize: number }): Promise<string[]> {
  const state = openState(ctx);
  const key = `oci-parts:${sha256}-${partSize}`;
  const known = await state.getItem(key);
  if (isDigests(known, Math.ceil(size / partSize))) return known;
  const file = Bun.file(blobPath(ctx, sha256));
  const digests: string[] = [];
  for (let i = 0; i * partSize < size; i++) {
    const { from, to } = partAt(size, partSize, i);
    digests.push(sha256Hex(await file.slice(from, to).bytes()));
  }
  await state.setItem(key, digests);
  return digests;
}

const isDigests = (value: unknown, count: number): value is string[] =>
  Array.isArray(value) && value.length === count && value.every((one) => typeof one === "string");

/** A MiB at most, so it is held until it is sent. */
async function packLayer(ctx: Ctx, pack: readonly Content[]): Promise<Layer> {
  const parts = await inOrder(pack, async ({ sha256 }) => await Bun.file(blobPath(ctx, sha256)).bytes());
  return layerOf(bytesSource(Buffer.concat(parts)), artifact.RUNTIME_PACK);
}

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
