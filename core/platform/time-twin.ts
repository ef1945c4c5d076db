/**
 * Time twins: an empty file with the very time of another file or folder. Shells can compare two files' times by builtins,
 * but not tell one. Tests: test/unit/core/platform/time-twin.test.ts
 */
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "pathe";
import { SwError } from "#core/errors.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { setFileTime } from "#core/platform/libc.ts";

/** The modification time in nanoseconds; undefined when there is nothing. Links are followed. */
export const fileTime = (path: string): bigint | undefined =>
  statSync(path, { bigint: true, throwIfNoEntry: false })?.mtimeNs;

/** Makes or replaces `twin`, whole with its time. */
export async function writeTwin(twin: string, time: bigint): Promise<void> {
  // Of one process several may write one twin at once.
  const temp = `${twin}.${randomBytes(6).toString("hex")}.tmp`;
  await mkdir(dirname(twin), { recursive: true });
  try {
    await writeFile(temp, "");
    if (!setFileTime(temp, time)) throw new SwError("FAILED", `can't set the time of ${temp}`);
    await rename(temp, twin);
  } catch (e) {
    await removeFile(temp);
    throw e;
  }
}

/** Whether `path` still has the time that its twin has. */
export const isTwin = (path: string, twin: string): boolean => {
  const time = fileTime(path);
  return time !== undefined && time === fileTime(twin);
};
