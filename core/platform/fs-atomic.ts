/**
 * Files that are whole or absent: written beside their target, flushed, renamed. Owns nothing but the pattern.
 * Tests: test/unit/core/platform/fs-atomic.test.ts
 */
import { randomBytes } from "node:crypto";
import { chmod, link, lstat, mkdir, open, readdir, readFile, rename, rm, unlink } from "node:fs/promises";
import { dirname } from "pathe";
import { errno } from "#core/errors.ts";

export interface WriteOptions {
  mode?: number;
  /** Fails softly (returns false) when the target exists. */
  exclusive?: boolean;
  /** Flush to the disk before the rename (default true); false for caches that may be lost. */
  durable?: boolean;
}

/**
 * Publishes `data` at `path` in one step; makes missing parent folders.
 * @returns false only when `exclusive` and the file was already there.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: WriteOptions = {},
): Promise<boolean> {
  const temp = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await writeTemp(temp, data, options);
  if (!options.exclusive) return await replace(temp, path);
  try {
    return await linkOnce(temp, path);
  } finally {
    await removeFile(temp);
  }
}

async function replace(temp: string, path: string): Promise<true> {
  try {
    await rename(temp, path);
    return true;
  } catch (e) {
    await removeFile(temp);
    throw e;
  }
}

async function writeTemp(temp: string, data: string | Uint8Array, options: WriteOptions): Promise<void> {
  const file = await openMakingParents(temp, options.mode ?? 0o644);
  try {
    await file.writeFile(data);
    if (options.durable !== false) await file.datasync();
  } catch (e) {
    await removeFile(temp);
    throw e;
  } finally {
    await file.close();
  }
}

async function openMakingParents(path: string, mode: number) {
  try {
    return await open(path, "wx", mode);
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    await mkdir(dirname(path), { recursive: true });
    return await open(path, "wx", mode);
  }
}

/** link(2) is the only rename that refuses to replace. */
async function linkOnce(temp: string, path: string): Promise<boolean> {
  try {
    await link(temp, path);
    return true;
  } catch (e) {
    if (errno(e) !== "EEXIST") throw e;
    return false;
  }
}

/** Removing what is not there is fine. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
  }
}

/** Removes a folder and all in it, also read-only folders of ours. Absent is fine. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (e) {
    if (errno(e) !== "EACCES" && errno(e) !== "EPERM") throw e;
    await openFolders(path);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** What is in a folder can be removed only by who may write the folder. */
async function openFolders(path: string): Promise<void> {
  const info = await lstat(path);
  if (!info.isDirectory()) return;
  if ((info.mode & 0o700) !== 0o700) await chmod(path, info.mode | 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(`${path}/${entry.name}`);
  }
}

/** The text of a file, or undefined when there is none. */
export async function readTextIfAny(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (e) {
    if (errno(e) === "ENOENT" || errno(e) === "ENOTDIR") return undefined;
    throw e;
  }
}
