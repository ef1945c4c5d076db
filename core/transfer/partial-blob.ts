/**
 * A large content that comes in parts, in a file that outlives this process: a repeat goes on after the last whole part.
 * Lies in the cache of the store; lost without harm. Tests: test/unit/core/transfer/partial-blob.test.ts, test/e2e/copy-kill.test.ts
 */
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { type FileLock, fileLock } from "#core/platform/file-lock.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { ingestPath, keepBlob, publishIngest } from "#core/store/blobs.ts";

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
  const lock = await lockOf(ctx, want);
  if (await keepBlob(ctx, want.sha256)) return wholePartial(want, lock);
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

// Who is just being ended, or nearly done, leaves more than could be fetched in that time.
const OTHER_MS = 5000;

/** undefined when somebody else goes on fetching the same. */
async function lockOf(ctx: Ctx, { sha256 }: Want): Promise<FileLock | undefined> {
  const late = AbortSignal.timeout(OTHER_MS);
  try {
    return await fileLock(`${ctx.paths.locks}.pull-${sha256.slice(0, 32)}.lock`, AbortSignal.any([ctx.signal, late]));
  } catch (e) {
    if (ctx.signal.aborted || !late.aborted) throw e;
    return undefined;
  }
}

/** Somebody else has brought it while we waited. */
const wholePartial = ({ size, partSize }: Want, lock: FileLock | undefined): Partial => ({
  partsThere: Math.ceil(size / partSize),
  async append() {},
  async publish() {},
  async close() {
    lock?.release();
  },
});

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
