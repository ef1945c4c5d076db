/**
 * Folders of a shared environment without write permission: stops everybody but root from installing into it. Files keep
 * their modes, since a hard link shares them with uv's cache. Tests: test/e2e/protect.test.ts
 */
import { lstatSync } from "node:fs";
import { chmod, readdir } from "node:fs/promises";

const WRITE = 0o222;

/** All but our own folder, in which the sign that it is done comes last. */
export const protect = async (prefix: string): Promise<void> =>
  await eachFolder(prefix, (mode) => mode & ~WRITE, `${prefix}/${OWN}`);

export const protectOwn = async (prefix: string): Promise<void> =>
  await eachFolder(`${prefix}/${OWN}`, (mode) => mode & ~WRITE);

/** Before something of ours is written into it. */
export const unprotect = async (prefix: string): Promise<void> => await eachFolder(prefix, (mode) => mode | 0o200);

const OWN = ".swcli";

/** Listing needs no write permission, so the order does not matter. */
async function eachFolder(path: string, change: (mode: number) => number, without?: string): Promise<void> {
  const info = lstatSync(path);
  const mode = info.mode & 0o7777;
  if (change(mode) !== mode) await chmod(path, change(mode));
  const entries = await readdir(path, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${path}/${name}`);
  for (const folder of folders) if (folder !== without) await eachFolder(folder, change);
}
