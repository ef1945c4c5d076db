/**
 * Brings the contents that the store lacks out of a registry: a few layers at a time, each checked, in an order that lets
 * a repeat go on where a killed process stopped. Tests: test/e2e/copy-oci.test.ts, test/e2e/copy-kill.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import type { Registry } from "#core/oci/registry.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { release } from "#core/platform/piece-loan.ts";
import { keepBlob, putBlobBytes } from "#core/store/blobs.ts";
import { prefetched } from "#core/transfer/in-parallel.ts";
import type { Artifact, Pack, RuntimeConfig } from "#core/transfer/oci-artifact.ts";
import { partAt } from "#core/transfer/oci-plan.ts";
import { readDocument } from "#core/transfer/oci-read.ts";
import { openPartial, type Partial } from "#core/transfer/partial-blob.ts";
import { transferMeter } from "#core/transfer/progress.ts";

export interface FetchPlace {
  readonly ctx: Ctx;
  readonly registry: Registry;
  readonly repository: string;
}

/** A layer to fetch, and what to do with its bytes. */
interface Piece {
  readonly sha256: string;
  readonly size: number;
  take(bytes: Uint8Array): Promise<void>;
}

// With the one being stored, all that a kill can cost: two pieces.
const AT_ONCE = 1;

/** @throws SwError IMAGE_FAILED when the artifact lacks a content itself, HASH_MISMATCH, TRANSFER_FAILED */
export async function fetchContents(place: FetchPlace, artifact: Artifact, config: RuntimeConfig): Promise<void> {
  const { ctx, registry, repository } = place;
  const partials: Partial[] = [];
  try {
    const pieces = await missingPieces(ctx, { artifact, config, partials });
    const total = pieces.reduce((sum, { size }) => sum + size, 0);
    const text = `Pulling ${artifact.name} from ${registry.host}`;
    const meter = transferMeter(ctx, { step: "pull", text, total });
    const fetchOne = async ({ sha256, size }: Piece) =>
      await readDocument(registry, repository, { mediaType: "", digest: `sha256:${sha256}`, size });
    for await (const { item, result } of prefetched(pieces, AT_ONCE, fetchOne)) {
      await item.take(result);
      release(result);
      meter.add(item.size);
    }
    meter.end();
  } finally {
    for (const partial of partials) await partial.close();
  }
}

/** Layers that hold something which the store lacks. */
async function missingPieces(
  ctx: Ctx,
  { artifact, config, partials }: { artifact: Artifact; config: RuntimeConfig; partials: Partial[] },
): Promise<Piece[]> {
  const missing = await missingContents(ctx, config);
  const layers = new Map(artifact.layers.map(({ digest, size }) => [digest.slice("sha256:".length), size]));
  const layer = (sha256: string): { sha256: string; size: number } => {
    const size = layers.get(sha256);
    if (size === undefined) throw lacking(sha256);
    return { sha256, size };
  };
  const pieces: Piece[] = [];
  for (const pack of config.packs) {
    const wanted = pack.blobs.filter(([sha256]) => missing.delete(sha256));
    if (wanted.length > 0) pieces.push({ ...layer(pack.sha256), take: (bytes) => unpack(ctx, pack, bytes) });
  }
  for (const { sha256, part_size: partSize, parts } of config.parts) {
    const size = missing.get(sha256);
    if (size === undefined) continue;
    missing.delete(sha256);
    const partial = await openPartial(ctx, { sha256, size, partSize });
    partials.push(partial);
    const left = parts.slice(partial.partsThere).map((part, i) => ({ part, at: i + partial.partsThere }));
    for (const { part, at } of left) {
      const { from, to } = partAt(size, partSize, at);
      if (layer(part).size !== to - from) throw lacking(part);
      pieces.push({ ...layer(part), take: (bytes) => partial.append(bytes) });
    }
    if (left.length === 0) await partial.publish();
  }
  for (const sha256 of missing.keys()) {
    pieces.push({ ...layer(sha256), take: async (bytes) => void (await putBlobBytes(ctx, bytes)) });
  }
  return pieces;
}

/** Digest → size. */
async function missingContents(ctx: Ctx, { entries }: RuntimeConfig): Promise<Map<string, number>> {
  const missing = new Map<string, number>();
  for (const { sha256, size } of entries) {
    if (sha256 !== undefined && !missing.has(sha256) && !(await keepBlob(ctx, sha256))) missing.set(sha256, size);
  }
  return missing;
}

const lacking = (sha256: string): SwError =>
  new SwError("IMAGE_FAILED", `the runtime in the registry lacks its content sha256:${sha256}`, {
    hint: "Push it again from where it was made, with -f.",
  });

async function unpack(ctx: Ctx, pack: Pack, bytes: Uint8Array): Promise<void> {
  let at = 0;
  for (const [sha256, size] of pack.blobs) {
    const part = bytes.subarray(at, at + size);
    at += size;
    if (sha256Hex(part) !== sha256) {
      throw new SwError("HASH_MISMATCH", `the pack sha256:${pack.sha256} holds other contents than it says`);
    }
    await putBlobBytes(ctx, part);
  }
}
