/**
 * The bytes of a layer: a tar of entries, compressed to the same bytes each time, in this process or (large ones) in one of
 * their own: compressing takes a core for seconds, while a daemon has shells to answer, and platforms are packed side by
 * side. Tests: test/unit/core/docker/layer.test.ts, test/e2e/dockerize.test.ts
 */
import { open } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { fileEntry, type LayerEntry, textEntry } from "#core/docker/layer-entry.ts";
import { type ErrorJson, SwError, throwIfAborted } from "#core/errors.ts";
import { OCI_LAYER_GZIP, OCI_LAYER_ZSTD } from "#core/oci/media-types.ts";
import { onLoan, release } from "#core/platform/piece-loan.ts";
import { run } from "#core/platform/proc.ts";
import { canCallSelf, selfCommand } from "#core/platform/self.ts";
import { tarChunks } from "#core/swrt/tar-writer.ts";

export type Compression = "gzip" | "zstd";

export interface Layer {
  mediaType: string;
  /** Of the compressed bytes. */
  digest: string;
  size: number;
  /** Of the tar. */
  diffId: string;
}

export interface LayerFile {
  /** Where the bytes go; nothing may be there. */
  readonly path: string;
  readonly entries: readonly LayerEntry[];
  readonly compression: Compression;
}

// Each piece is a gzip member (or zstd frame) of its own: bounded memory, and the event loop breathes between two.
const PIECE = 1024 * 1024;
// libdeflate's results do not depend on the processor, unlike zlib's; level 1 is near level 6 in size.
const GZIP = { library: "libdeflate", level: 1 } as const;
const ZSTD = { level: 3 } as const;
// Bytes; below, a process costs more than it spares.
const WORTH_A_PROCESS = 8 * 1024 * 1024;

/** @throws SwError PACKAGE_INVALID when a file is not what its entry says, DISK_FULL, CANCELLED */
export async function writeLayerFile(ctx: Ctx, file: LayerFile): Promise<Layer> {
  const size = file.entries.reduce((sum, entry) => sum + entry.size, 0);
  const plain = size >= WORTH_A_PROCESS && canCallSelf() ? file.entries.map(plainEntry) : [undefined];
  if (plain.includes(undefined)) return await packHere(ctx.signal, file);
  return await packElsewhere(ctx, { ...file, entries: plain.filter((entry) => entry !== undefined) });
}

/** An entry as data: with the file or the text that it holds. */
interface PlainEntry {
  readonly path: string;
  readonly mode: number;
  readonly type: LayerEntry["type"];
  readonly size: number;
  readonly link?: string;
  readonly source?: string;
  /** Base64. */
  readonly text?: string;
}

export interface PackJob {
  readonly path: string;
  readonly entries: readonly PlainEntry[];
  readonly compression: Compression;
}

/** undefined for what only this process can make. */
export function plainEntry({ path, mode, type, size, link, from }: LayerEntry): PlainEntry | undefined {
  if (type === "file" && from === undefined) return undefined;
  const held = from === undefined ? {} : "source" in from ? from : { text: Buffer.from(from.text).toString("base64") };
  return { path, mode, type, size, ...(link !== undefined && { link }), ...held };
}

function entryOf({ source, text, ...entry }: PlainEntry): LayerEntry {
  if (source !== undefined) return { ...fileEntry(entry.path, { ...entry, source }), mode: entry.mode };
  if (text !== undefined) return textEntry(entry.path, Buffer.from(text, "base64"), entry.mode);
  return entry;
}

async function packElsewhere(ctx: Ctx, job: PackJob): Promise<Layer> {
  const stdin = JSON.stringify(job);
  const ended = await run(ctx, selfCommand("__pack"), { stdin, env: {}, cwd: "/", dieWithParent: true });
  if (ended.exitCode === 0) return JSON.parse(ended.stdout) as Layer;
  throw SwError.fromJSON(
    errorIn(ended.stdout) ?? { code: "FAILED", message: `packing a layer failed: ${ended.stderr}` },
  );
}

const errorIn = (text: string): ErrorJson | undefined =>
  text.startsWith("{") ? (JSON.parse(text) as ErrorJson) : undefined;

/** The other side of it: does the job that a process was started for. */
export const packJob = async (signal: AbortSignal, job: PackJob): Promise<Layer> =>
  await packHere(signal, { ...job, entries: job.entries.map(entryOf) });

async function packHere(signal: AbortSignal, { path, entries, compression }: LayerFile): Promise<Layer> {
  const [plain, packed] = [new Bun.CryptoHasher("sha256"), new Bun.CryptoHasher("sha256")];
  let size = 0;
  const file = await open(path, "wx", 0o600);
  try {
    for await (const piece of pieces(onLoan(tarChunks(entries)))) {
      throwIfAborted(signal);
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
