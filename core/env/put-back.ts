/**
 * One file of an environment from elsewhere, and only when it has the digest that was recorded: the bytes as they are, or
 * with the environment's path where the other place's stands. Tests: test/e2e/drift.test.ts
 */
import { chmod, copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "pathe";
import { hashFile } from "#core/env/hash-file.ts";
import { movedText } from "#core/env/moved-text.ts";
import type { RecordedFile } from "#core/env/record.ts";
import { errno } from "#core/errors.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { setFileTime } from "#core/platform/libc.ts";

/** False when `source` is not there or has other bytes. */
export async function putBack(source: string, target: string, was: RecordedFile): Promise<boolean> {
  const temp = `${target}.swcli-${process.pid}.tmp`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await copyFile(source, temp);
    if ((await hashFile(temp, was.size)) !== was.sha256) return false;
    await chmod(temp, modeOf(was));
    setFileTime(temp, BigInt(was.time));
    await rename(temp, target);
    return true;
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "EISDIR") throw e;
    return false;
  } finally {
    await removeFile(temp);
  }
}

export const modeOf = ({ isExecutable }: RecordedFile): number => (isExecutable ? 0o755 : 0o644);

export interface Taking {
  /** A copy of the environment's packages elsewhere. */
  readonly scratch: string;
  readonly prefix: string;
  /** Of the environment, by path. */
  readonly record: ReadonlyMap<string, RecordedFile>;
}

export async function takeFrom({ scratch, prefix, record }: Taking, was: RecordedFile): Promise<boolean> {
  const source = `${scratch}/${was.path}`;
  if (await putBack(source, `${prefix}/${was.path}`, was)) return true;
  const text = await readFile(source, "utf8").catch(() => "");
  const moved = movedText(was.path, text, { from: scratch, to: prefix, record });
  if (moved === undefined || sha256Hex(moved) !== was.sha256) return false;
  const rewritten = `${scratch}/.rewritten`;
  await writeFile(rewritten, moved);
  return await putBack(rewritten, `${prefix}/${was.path}`, was);
}

/** Whether a file is there with the bytes of `is`. */
export async function hasSame(path: string, { sha256, size }: RecordedFile): Promise<boolean> {
  try {
    return (await hashFile(path, size)) === sha256;
  } catch (e) {
    if (errno(e) === undefined) throw e;
    return false;
  }
}
