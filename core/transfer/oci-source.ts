/**
 * A registry as the source of a copy: contents that the store lacks are fetched, each resumed where it broke, also by a
 * later command, and checked. Tests: test/e2e/copy-oci.test.ts
 */
import { mkdir } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { pullBlob } from "#core/oci/pull-blob.ts";
import { openRegistry, type Registry } from "#core/oci/registry.ts";
import { packageStream } from "#core/ops/package-stream.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { tryFileLock } from "#core/platform/file-lock.ts";
import { ingestPath, keepBlob, publishIngest, putBlobBytes } from "#core/store/blobs.ts";
import { isBuiltinTag } from "#core/store/refs.ts";
import { takeTree } from "#core/store/take-package.ts";
import type { Version } from "#core/store/versions.ts";
import { canonicalTree } from "#core/swrt/package-tree.ts";
import type { Source } from "#core/transfer/ends.ts";
import { inParallel } from "#core/transfer/in-parallel.ts";
import { type Artifact, decodeConfig, type PackContent, type RuntimeConfig } from "#core/transfer/oci-artifact.ts";
import { artifactIfAny, ociText, readDocument, readText } from "#core/transfer/oci-read.ts";
import { transferMeter } from "#core/transfer/progress.ts";
import { isName } from "#core/uri/names.ts";
import type { OciUri } from "#core/uri/oci-uri.ts";

/** @throws VERSION_NOT_FOUND, IMAGE_FAILED for what is no runtime, AUTH_FAILED */
export async function ociSource(ctx: Ctx, uri: OciUri): Promise<Source> {
  const registry = await openRegistry(ctx, uri.host);
  const found = await artifactIfAny(registry, uri.repository, uri.digest ?? uri.tag ?? "latest");
  if (found === undefined) {
    throw new SwError("VERSION_NOT_FOUND", `${uri.host} has no ${ociText({ ...uri, tag: uri.tag ?? "latest" })}`, {
      hint: `\`swcli runtime list --project oci://${uri.host}/${uri.repository}\` shows its tags.`,
    });
  }
  const { artifact, digest } = found;
  const manifestText = await readText(registry, uri.repository, artifact.manifest);
  const store = async () => await fetchRuntime({ ctx, registry, repository: uri.repository }, artifact, manifestText);
  return {
    uri: ociText({ ...uri, tag: undefined, digest }),
    name: isName(artifact.name) ? artifact.name : undefined,
    version: artifact.version,
    tags: uri.tag === undefined || isBuiltinTag(uri.tag) || uri.tag === artifact.version ? [] : [uri.tag],
    manifestText,
    registry: { host: uri.host, repository: uri.repository },
    store,
    bytes: async () => {
      const stream = await packageStream(ctx, await store());
      return { size: stream.size, trusted: true, open: () => stream.chunks() };
    },
  };
}

interface Place {
  readonly ctx: Ctx;
  readonly registry: Registry;
  readonly repository: string;
}

const AT_ONCE = 4;

async function fetchRuntime(place: Place, artifact: Artifact, manifestText: string): Promise<Version> {
  const { ctx, registry, repository } = place;
  const config = decodeConfig(
    await readDocument(registry, repository, artifact.config),
    `${registry.host}/${repository}`,
  );
  const pieces = await missingPieces(ctx, artifact, config);
  const total = pieces.reduce((sum, { size }) => sum + size, 0);
  const text = `Pulling ${artifact.name} from ${registry.host}`;
  const meter = transferMeter(ctx, { step: "pull", text, total });
  await inParallel(pieces, AT_ONCE, async (piece) => {
    if (piece.pack) await fetchPack(place, piece, piece.pack);
    else await fetchBlob(place, piece);
    meter.add(piece.size);
  });
  meter.end();
  return (await takeTree(ctx, { manifestText, entries: canonicalTree(config.entries) }, artifact.version)).version;
}

interface Piece {
  readonly digest: string;
  readonly size: number;
  readonly pack?: PackContent;
}

/** Layers that hold something which the store lacks. @throws SwError IMAGE_FAILED when the artifact lacks it itself */
async function missingPieces(ctx: Ctx, { layers }: Artifact, config: RuntimeConfig): Promise<Piece[]> {
  const packs = new Map(config.packs.map((pack) => [pack.digest, pack]));
  const sizes = new Map(config.entries.flatMap(({ sha256, size }) => (sha256 ? [[sha256, size] as const] : [])));
  const missing = new Set<string>();
  for (const sha256 of sizes.keys()) if (!(await keepBlob(ctx, sha256))) missing.add(sha256);
  const pieces = layers.flatMap(({ digest, size }): Piece[] => {
    const pack = packs.get(digest);
    const holds = pack ? pack.blobs.map(([sha256]) => sha256) : [digest.slice("sha256:".length)];
    const wanted = holds.filter((sha256) => missing.delete(sha256));
    return wanted.length > 0 ? [{ digest, size, ...(pack && { pack }) }] : [];
  });
  if (missing.size === 0) return pieces;
  throw new SwError("IMAGE_FAILED", `the runtime lacks ${missing.size} of its contents in the registry`, {
    hint: "Push it again from where it was made, with -f.",
  });
}

/** Into a file that outlives this process, so that a repeat goes on where a killed one stopped. */
async function fetchBlob({ ctx, registry, repository }: Place, { digest, size }: Piece): Promise<void> {
  const sha256 = digest.slice("sha256:".length);
  const folder = `${ctx.paths.cache}/partial`;
  await mkdir(folder, { recursive: true });
  const lock = tryFileLock(`${ctx.paths.locks}.pull-${sha256.slice(0, 16)}.lock`);
  // Somebody else fetches the same into that file: then ours is a file of our own.
  const path = lock ? `${folder}/${sha256}` : await ingestPath(ctx);
  try {
    await pullBlob(registry, { repository, digest, size }, path);
    await publishIngest(ctx, path, { sha256, size });
  } finally {
    lock?.release();
  }
}

/** A few MiB at most, so it is cut up in memory. @throws SwError HASH_MISMATCH */
async function fetchPack({ ctx, registry, repository }: Place, piece: Piece, pack: PackContent): Promise<void> {
  const bytes = await readDocument(registry, repository, { mediaType: "", digest: piece.digest, size: piece.size });
  let at = 0;
  for (const [sha256, size] of pack.blobs) {
    const part = bytes.subarray(at, at + size);
    at += size;
    if (sha256Hex(part) !== sha256) {
      throw new SwError("HASH_MISMATCH", `a pack of ${registry.host}/${repository} holds other contents than it says`);
    }
    await putBlobBytes(ctx, part);
  }
}
