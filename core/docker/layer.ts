/**
 * Layers: a tar of entries, compressed to the same bytes each time, kept by a key that names all that went in.
 * Owns `cache/images/`. Knows nothing of Python. Tests: test/unit/core/docker/layer.test.ts
 */
import { mkdir, open, rename } from "node:fs/promises";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { throwIfAborted } from "#core/errors.ts";
import { OCI_LAYER_GZIP, OCI_LAYER_ZSTD } from "#core/oci/media-types.ts";
import { canonicalJson, sha256Hex } from "#core/platform/digest.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { onLoan, release } from "#core/platform/piece-loan.ts";
import { ingestPath } from "#core/store/blobs.ts";
import { openState } from "#core/store/state.ts";
import { type TarEntry, tarChunks } from "#core/swrt/tar-writer.ts";

export type Compression = "gzip" | "zstd";

const LayerSchema = v.object({
  mediaType: v.string(),
  /** Of the compressed bytes. */
  digest: v.string(),
  size: v.number(),
  /** Of the tar. */
  diffId: v.string(),
});

export type Layer = v.InferOutput<typeof LayerSchema>;

/** Grows when the same key would give other bytes: another order, compressor or level. */
const LAYER_FORMAT = 2;
// Each piece is a gzip member (or zstd frame) of its own: bounded memory, and the event loop breathes between two.
const PIECE = 1024 * 1024;
// libdeflate's results do not depend on the processor, unlike zlib's; level 1 is near level 6 in size.
const GZIP = { library: "libdeflate", level: 1 } as const;
const ZSTD = { level: 3 } as const;

/** The blob of a layer (or of a base's, once fetched) on this machine. */
export const imageBlobPath = (ctx: Ctx, digest: string): string =>
  `${ctx.paths.cache}/images/blobs/${digest.replace(/^sha256:/, "")}`;

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
  make: () => Promise<readonly (readonly TarEntry[])[]>,
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
  const there = await Promise.all(parsed.output.map(({ digest, size }) => isBlob(ctx, digest, size)));
  return there.every(Boolean) ? parsed.output : undefined;
}

export async function isBlob(ctx: Ctx, digest: string, size: number): Promise<boolean> {
  const file = Bun.file(imageBlobPath(ctx, digest));
  return (await file.exists()) && file.size === size;
}

/** Writes one layer into the cache. */
export async function writeLayer(ctx: Ctx, entries: readonly TarEntry[], compression: Compression): Promise<Layer> {
  const temp = await ingestPath(ctx);
  try {
    const layer = await writeTemp(ctx, { temp, entries, compression });
    await mkdir(`${ctx.paths.cache}/images/blobs`, { recursive: true });
    await rename(temp, imageBlobPath(ctx, layer.digest));
    return layer;
  } finally {
    await removeFile(temp);
  }
}

interface TempLayer {
  temp: string;
  entries: readonly TarEntry[];
  compression: Compression;
}

async function writeTemp(ctx: Ctx, { temp, entries, compression }: TempLayer): Promise<Layer> {
  const [plain, packed] = [new Bun.CryptoHasher("sha256"), new Bun.CryptoHasher("sha256")];
  let size = 0;
  const file = await open(temp, "wx", 0o600);
  try {
    for await (const piece of pieces(onLoan(tarChunks(entries)))) {
      throwIfAborted(ctx.signal);
      plain.update(piece);
      const bytes = compress(piece, compression);
      packed.update(bytes);
      size += bytes.length;
      await file.write(bytes);
      release(bytes);
    }
  } finally {
    await file.close();
  }
  const mediaType = compression === "zstd" ? OCI_LAYER_ZSTD : OCI_LAYER_GZIP;
  return { mediaType, digest: `sha256:${packed.digest("hex")}`, size, diffId: `sha256:${plain.digest("hex")}` };
}

function compress(piece: Uint8Array<ArrayBuffer>, compression: Compression): Uint8Array {
  if (compression === "zstd") return Bun.zstdCompressSync(piece, ZSTD);
  const bytes = Bun.gzipSync(piece, GZIP);
  // The header's byte for the system that packed: 255 is "unknown" everywhere.
  bytes[9] = 255;
  return bytes;
}

/**
 * Pieces of exactly PIECE bytes (the last may be shorter), so that they do not depend on how the tar was cut. Each is good
 * until the next one is asked for: a new one a time would be collected too late for a small daemon.
 */
async function* pieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(PIECE);
  let used = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + PIECE - used);
      buffer.set(part, used);
      used += part.length;
      at += part.length;
      if (used < PIECE) continue;
      yield buffer;
      used = 0;
    }
  }
  if (used > 0) yield buffer.subarray(0, used);
}
