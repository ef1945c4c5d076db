/**
 * A file that people named, written whole or not at all, with progress. What a killed writer left beside it goes with the
 * next one. Tests: test/e2e/copy.test.ts, test/e2e/bundle-hard.test.ts
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, link, open, readdir, rename, stat } from "node:fs/promises";
import { basename, dirname } from "pathe";
import type { Ctx } from "#core/context.ts";
import { errno, SwError, throwIfAborted } from "#core/errors.ts";
import { type FileLock, tryFileLock } from "#core/platform/file-lock.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { writeBatched } from "#core/platform/write-batched.ts";
import { counted } from "#core/transfer/progress.ts";

export interface NewFile {
  chunks: AsyncIterable<Uint8Array>;
  size: number | undefined;
  /** Takes the place of what is there. */
  replace: boolean;
  /** What people read meanwhile, where the path means nothing to them. */
  text?: string;
}

/** @throws FILE_NOT_FOUND without its folder, EXISTS */
export async function writeNewFile(ctx: Ctx, path: string, { chunks, size, replace, text }: NewFile): Promise<void> {
  const line = { step: "write", text: text ?? `Writing ${path}`, total: size };
  await publishNewFile(path, replace, ({ file }) => writeBatched(file, untilAborted(ctx, counted(ctx, line, chunks))));
}

/** What `fill` writes beside the path becomes it when all is there. @throws FILE_NOT_FOUND without its folder, EXISTS */
export async function publishNewFile<T>(
  path: string,
  replace: boolean,
  fill: (place: { temp: string; file: FileHandle }) => Promise<T>,
): Promise<T> {
  await requireFolder(path);
  await removeLeftovers(path);
  const { temp, file, lock } = await openTemp(path);
  try {
    const filled = await fillOpen(file, () => fill({ temp, file }));
    if (replace) await rename(temp, path);
    else await link(temp, path);
    return filled;
  } catch (e) {
    if (errno(e) !== "EEXIST") throw e;
    throw new SwError("EXISTS", `${path} has just been made by somebody else`, { hint: "-f replaces it." });
  } finally {
    await removeFile(temp);
    lock?.release();
  }
}

/** Flushed when it is full, closed in any case. */
async function fillOpen<T>(file: FileHandle, fill: () => Promise<T>): Promise<T> {
  try {
    const filled = await fill();
    await file.datasync();
    return filled;
  } finally {
    await file.close();
  }
}

/** @throws FILE_NOT_FOUND; better before anything is fetched for the file than after */
export async function requireFolder(path: string): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (folder?.isDirectory()) return;
  throw new SwError("FILE_NOT_FOUND", `the folder of ${path} does not exist`, { detail: { path } });
}

/** Held for as long as it is written, so that others see that somebody is at it. */
async function openTemp(path: string): Promise<{ temp: string; file: FileHandle; lock: FileLock | undefined }> {
  const temp = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(temp, "wx", 0o644);
  const lock = tryFileLock(temp);
  if ((await file.stat()).nlink > 0) return { temp, file, lock };
  // Somebody took it for a leftover before it was held.
  lock?.release();
  await file.close();
  await removeFile(temp);
  return await openTemp(path);
}

async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  const own = `${basename(path)}.`;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(own) || !/^[0-9a-f]{12}\.tmp$/.test(name.slice(own.length))) continue;
    const lock = tryFileLock(`${folder}/${name}`);
    if (!lock) continue;
    await removeFile(`${folder}/${name}`);
    lock.release();
  }
}

async function* untilAborted({ signal }: Ctx, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    throwIfAborted(signal);
    yield chunk;
  }
}
