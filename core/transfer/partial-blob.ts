/**
 * A large content that comes in parts, in a file that outlives this process: a repeat goes on after the last whole part.
 * Lies in the cache of the store; lost without harm. Tests: test/e2e/copy-kill.test.ts
 */
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { type FileLock, tryFileLock } from "#core/platform/file-lock.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { ingestPath, publishIngest } from "#core/store/blobs.ts";

export interface Partial {
  /** Whole parts that an earlier try left. */
  readonly partsThere: number;
  /** The next part, checked by the caller; the last one publishes the content. */
  append(bytes: Uint8Array): Promise<void>;
  /** @throws SwError HASH_MISMATCH (and the file is gone) when the parts make something else */
  publish(): Promise<void>;
  close(): Promise<void>;
}

interface Want {
  readonly sha256: string;
  readonly size: number;
  readonly partSize: number;
}

export async function openPartial(ctx: Ctx, want: Want): Promise<Partial> {
  const lock = tryFileLock(`${ctx.paths.locks}.pull-${want.sha256.slice(0, 32)}.lock`);
  const path = await partialPath(ctx, want, lock);
  const file = await open(path, "a", 0o600);
  const there = (await file.stat()).size;
  const whole = there >= want.size ? want.size : Math.floor(there / want.partSize) * want.partSize;
  await file.truncate(whole);
  const hasher = new Bun.CryptoHasher("sha256");
  // The digest of the whole is made while it grows, so that it need not be read again.
  if (whole > 0) for await (const chunk of createReadStream(path)) hasher.update(chunk);
  return partialOf(ctx, { ...want, path, file, lock, hasher, at: whole });
}

/** Somebody else fetches the same into the usual file: then ours is a file of our own. */
async function partialPath(ctx: Ctx, { sha256 }: Want, lock: FileLock | undefined): Promise<string> {
  if (lock === undefined) return await ingestPath(ctx);
  const folder = `${ctx.paths.cache}/partial`;
  await mkdir(folder, { recursive: true });
  return `${folder}/${sha256}`;
}

function partialOf(
  ctx: Ctx,
  state: Want & { path: string; file: FileHandle; lock: FileLock | undefined; hasher: Bun.CryptoHasher; at: number },
): Partial {
  const { sha256, size, path, file, lock, hasher } = state;
  let at = state.at;

  const publish = async (): Promise<void> => {
    if (hasher.digest("hex") === sha256) {
      await publishIngest(ctx, path, { sha256, size });
      return;
    }
    await removeFile(path);
    throw new SwError("HASH_MISMATCH", `the parts of sha256:${sha256} make another content`, {
      hint: "Repeat the command: it is fetched anew.",
    });
  };

  return {
    partsThere: Math.ceil(at / state.partSize),
    publish,
    async append(bytes) {
      await file.writeFile(bytes);
      hasher.update(bytes);
      at += bytes.length;
      if (at >= size) await publish();
    },
    async close() {
      await file.close();
      lock?.release();
    },
  };
}
