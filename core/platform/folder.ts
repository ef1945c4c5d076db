/**
 * Folders that may not be there: the names in them, and whether a path is one, or a file, at all.
 * Tests: test/unit/core/platform/folder.test.ts
 */
import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { errno } from "#core/errors.ts";

/** The names in a folder, sorted; none where there is no folder. */
export async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort();
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    return [];
  }
}

/** The names that end so, without the ending. */
export async function stemsIn(dir: string, ending: string): Promise<string[]> {
  const names = await namesIn(dir);
  return names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
}

/** False too for what must not be looked at. */
export const isFolder = async (path: string): Promise<boolean> => (await statIfAny(path))?.isDirectory() ?? false;

/** A plain file, maybe by a link; as `isFolder`. */
export const isFile = async (path: string): Promise<boolean> => (await statIfAny(path))?.isFile() ?? false;

async function statIfAny(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR" && errno(e) !== "EACCES") throw e;
    return undefined;
  }
}
