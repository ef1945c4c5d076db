/**
 * The only home of content: read-only files named by the sha256 of their bytes.
 * Ingest → flush → verify → rename; what is there is never written again. Knows nothing of versions or refs.
 * Tests: test/unit/core/store/blobs.test.ts
 */
import { randomBytes } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { copyFile, mkdir, open, rename, stat } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { sha256File, sha256Hex } from "#core/platform/digest.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { newRoom, PIECE } from "#core/platform/piece-loan.ts";
import { writeBatched } from "#core/platform/write-batched.ts";
import { unswept } from "#core/store/gc-lock.ts";
import { noteKept } from "#core/store/kept.ts";

export interface Blob {
  sha256: string;
  /** Bytes. */
  size: number;
}

export const blobPath = (ctx: Ctx, sha256: string): string => `${ctx.paths.blobs}/${sha256.slice(0, 2)}/${sha256}`;

/**
 * Copies a file's bytes into the store (a reflink where the disk can). What the store has is only read, and unchanged
 * files are known by their stat.
 */
export async function putBlobFile(ctx: Ctx, path: string): Promise<Blob> {
  const known = await fileDigest(ctx, path);
  if (await keepBlob(ctx, known.sha256)) return known;
  const temp = await ingestPath(ctx);
  try {
    await copyFile(path, temp, constants.COPYFILE_FICLONE);
    const { hex, size } = await sha256File(temp);
    return await publishIngest(ctx, temp, { sha256: hex, size });
  } finally {
    await removeFile(temp);
  }
}

export async function putBlobBytes(ctx: Ctx, data: string | Uint8Array): Promise<Blob> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const blob = { sha256: sha256Hex(bytes), size: bytes.length };
  if (await keepBlob(ctx, blob.sha256)) return blob;
  const temp = await ingestPath(ctx);
  try {
    await Bun.write(temp, bytes);
    return await publishIngest(ctx, temp, blob);
  } finally {
    await removeFile(temp);
  }
}

/** Streams bytes of unknown length into the store. */
export async function putBlobStream(ctx: Ctx, body: AsyncIterable<Uint8Array>): Promise<Blob> {
  const temp = await ingestPath(ctx);
  const hasher = new Bun.CryptoHasher("sha256");
  let size = 0;
  async function* hashed() {
    for await (const chunk of body) {
      hasher.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  try {
    const file = await open(temp, "wx", 0o600);
    try {
      await writeBatched(file, hashed());
    } finally {
      await file.close();
    }
    return await publishIngest(ctx, temp, { sha256: hasher.digest("hex"), size });
  } finally {
    await removeFile(temp);
  }
}

/** A fresh name under `ingest/`; what a crash leaves there is swept at the daemon's start. */
export async function ingestPath(ctx: Ctx): Promise<string> {
  await mkdir(ctx.paths.ingest, { recursive: true });
  return `${ctx.paths.ingest}/${randomBytes(8).toString("hex")}`;
}

/** Publishes an ingested file (also one from elsewhere on the same disk) under its digest. The caller has computed the digest from the very bytes at `temp`. */
export async function publishIngest(ctx: Ctx, temp: string, blob: Blob): Promise<Blob> {
  if (await keepBlob(ctx, blob.sha256)) return blob;
  const target = blobPath(ctx, blob.sha256);
  const file = await open(temp, "r+");
  try {
    await file.chmod(0o444);
    await file.datasync();
  } finally {
    await file.close();
  }
  await unswept(ctx, async () => {
    await mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await rename(temp, target);
  });
  return blob;
}

/** Whether the store has it; then it also stays until the end of the operation that asks. */
export async function keepBlob(ctx: Ctx, sha256: string): Promise<boolean> {
  return await unswept(ctx, () => {
    const there = existsSync(blobPath(ctx, sha256));
    if (there) noteKept(ctx, sha256);
    return there;
  });
}

export async function hasBlob(ctx: Ctx, sha256: string): Promise<boolean> {
  return await Bun.file(blobPath(ctx, sha256)).exists();
}

/**
 * Pieces that are the taker's; `room` is where it wants them.
 * @throws STORE_DAMAGED when the blob is gone
 */
export async function* openBlob(ctx: Ctx, sha256: string, room = newRoom): AsyncGenerator<Uint8Array> {
  const file = await open(blobPath(ctx, sha256)).catch((e: unknown) => {
    throw errno(e) === "ENOENT" ? missingBlob(sha256, e) : e;
  });
  try {
    const { size } = await file.stat();
    for (let at = 0; at < size; ) {
      const piece = room(Math.min(PIECE, size - at));
      const { bytesRead } = await file.read(piece, 0, piece.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

export async function readBlobText(ctx: Ctx, sha256: string): Promise<string> {
  try {
    return await Bun.file(blobPath(ctx, sha256)).text();
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    throw missingBlob(sha256, e);
  }
}

const missingBlob = (sha256: string, cause: unknown) =>
  new SwError("STORE_DAMAGED", `the store has lost the content sha256:${sha256}`, {
    hint: "Run `swcli doctor --store` to see what else is damaged; building or copying the runtime again restores it.",
    cause,
  });

/** The digest of a file's bytes, kept by path, size, mtime, ctime and inode; never for files changed just now. */
export async function fileDigest(ctx: Ctx, path: string): Promise<Blob> {
  const known = await knownDigest(ctx, path);
  if (known) return known;
  const before = await statKey(path);
  const { hex, size } = await sha256File(path);
  // Within the clock's grain a second write could hide behind equal times: such files are hashed each time.
  if (before.ageMs > 50) ctx.memo.set(`digest:${path}`, { key: before.key, blob: { sha256: hex, size } });
  return { sha256: hex, size };
}

async function knownDigest(ctx: Ctx, path: string): Promise<Blob | undefined> {
  const known = ctx.memo.get<{ key: string; blob: Blob }>(`digest:${path}`);
  if (!known) return undefined;
  return known.key === (await statKey(path)).key ? known.blob : undefined;
}

async function statKey(path: string): Promise<{ key: string; ageMs: number }> {
  const s = await stat(path, { bigint: true });
  return {
    key: `${s.size}:${s.mtimeNs}:${s.ctimeNs}:${s.ino}:${s.dev}`,
    // Of the change, whatever time the writer has set.
    ageMs: Date.now() - Number(s.ctimeNs / 1_000_000n),
  };
}
