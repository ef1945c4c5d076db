/**
 * Gives a prefix bytes of its own for what people edit: a hard link shares them with uv's cache and with every other
 * environment. Shared libraries and large data stay linked. Tests: test/e2e/writable.test.ts
 */
import { constants } from "node:fs";
import { copyFile, lstat, open, readdir, rename, utimes } from "node:fs/promises";

const LARGE = 64 * 1024;
const HEAD = 4096;

export async function unlinkTexts(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries) {
    const child = `${path}/${entry.name}`;
    if (entry.isDirectory()) await unlinkTexts(child);
    else if (entry.isFile()) await unlinkText(child);
  }
}

async function unlinkText(path: string): Promise<void> {
  const info = await lstat(path);
  if (info.nlink < 2 || (info.size >= LARGE && (await isBinary(path)))) return;
  const temp = `${path}.swcli-${process.pid}.tmp`;
  await copyFile(path, temp, constants.COPYFILE_FICLONE);
  // Bytecode names its source's time.
  await utimes(temp, info.atime, info.mtime);
  await rename(temp, path);
}

/** As git and grep tell: a NUL near the start. */
async function isBinary(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead).includes(0);
  } finally {
    await file.close();
  }
}
