/**
 * Locks between processes: kernel flocks, freed by any death, meaning nothing by their content.
 * Tests: test/unit/core/platform/file-lock.test.ts
 */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "pathe";
import { errno, throwIfAborted } from "#core/errors.ts";
import { flockNow } from "#core/platform/libc.ts";

export interface FileLock {
  release(): void;
}

/** The lock if nobody holds it, else undefined. A shared one lets other shared holders in. */
export function tryFileLock(path: string, shared = false): FileLock | undefined {
  const fd = openLockFile(path);
  if (!flockNow(fd, shared)) {
    closeSync(fd);
    return undefined;
  }
  let held = true;
  return {
    release() {
      if (held) closeSync(fd);
      held = false;
    },
  };
}

function openLockFile(path: string): number {
  try {
    return openSync(path, "a", 0o600);
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, "a", 0o600);
  }
}

/** Waits for the lock (looking every few ms, since a blocking flock would stop the event loop). */
export async function fileLock(path: string, signal: AbortSignal, shared = false): Promise<FileLock> {
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const lock = tryFileLock(path, shared);
    if (lock) return lock;
    throwIfAborted(signal);
    await Bun.sleep(pause);
  }
}

/** Runs `work` under the lock. */
export async function withFileLock<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const lock = await fileLock(path, signal);
  try {
    return await work();
  } finally {
    lock.release();
  }
}
