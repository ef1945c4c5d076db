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

export async function diskUsage(path: string): Promise<Usage> {
  const seen = new Map<string, { size: number; links: number; found: number }>();
  await walk(path, seen);
  let bytes = 0;
  let own = 0;
  for (const { size, links, found } of seen.values()) {
    bytes += size;
    if (found >= links) own += size;
  }
  return { bytes, own };
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
