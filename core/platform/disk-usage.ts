/**
 * Bytes that a folder takes, each file once however many links it has; and those that its removal would free.
 * Tests: test/unit/core/platform/disk-usage.test.ts
 */
import { lstat, readdir } from "node:fs/promises";
import { errno } from "#core/errors.ts";

export interface Usage {
  /** All of it. */
  bytes: number;
  /** What nothing else links to. */
  own: number;
}

export interface LinkedUsage {
  own: number;
  /** The bytes of each file that something else links to, by what is the same for all its links. */
  shared: ReadonlyMap<string, number>;
}

export const NO_USAGE: LinkedUsage = { own: 0, shared: new Map() };

export async function diskUsage(path: string): Promise<Usage> {
  const { own, shared } = await linkedUsage(path);
  return { bytes: shared.values().reduce((sum, size) => sum + size, own), own };
}

/** For sums over several folders, in which what they share counts once. */
export async function linkedUsage(path: string): Promise<LinkedUsage> {
  const seen = new Map<string, { size: number; links: number; found: number }>();
  await walk(path, seen);
  const shared = new Map<string, number>();
  let own = 0;
  for (const [key, { size, links, found }] of seen) {
    if (found >= links) own += size;
    else shared.set(key, size);
  }
  return { own, shared };
}

async function walk(path: string, seen: Map<string, { size: number; links: number; found: number }>): Promise<void> {
  const info = await lstat(path).catch(ignoreGone);
  if (!info) return;
  if (info.isDirectory()) {
    const names = (await readdir(path).catch(ignoreGone)) ?? [];
    await Promise.all(names.map((name) => walk(`${path}/${name}`, seen)));
    return;
  }
  const key = `${info.dev}:${info.ino}`;
  const known = seen.get(key) ?? { size: info.blocks * 512, links: info.nlink, found: 0 };
  seen.set(key, { ...known, found: known.found + 1 });
}

function ignoreGone(e: unknown): undefined {
  if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
  return undefined;
}
