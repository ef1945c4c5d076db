/**
 * The record of an environment: each file with size, time and digest as they were when it was settled, one JSON line each
 * in `<prefix>/.swcli/record`. What it says is compared with by core/env/verify.ts. Tests: test/e2e/drift.test.ts
 */
import { lstat, readdir, readlink } from "node:fs/promises";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { hashFile } from "#core/env/hash-file.ts";
import { throwIfAborted } from "#core/errors.ts";
import { readTextIfAny, writeFileAtomic } from "#core/platform/fs-atomic.ts";

/** A file, or a link whose `sha256` is "link:<target>". */
const FileSchema = v.tuple([v.string(), v.number(), v.string(), v.string()]);

export interface RecordedFile {
  /** Below the prefix. */
  path: string;
  size: number;
  /** Nanoseconds; only says whether a look is worth it, never that a file is right. */
  time: string;
  sha256: string;
}

const recordPath = (prefix: string) => `${prefix}/.swcli/record`;

/** Everything but our own folder. */
export async function writeRecord(ctx: Ctx, prefix: string): Promise<void> {
  const files = await readFiles(ctx, prefix);
  const lines = files.map(({ path, size, time, sha256 }) => JSON.stringify([path, size, time, sha256]));
  await writeFileAtomic(recordPath(prefix), `${lines.join("\n")}\n`, { durable: false });
}

/** undefined when none was made yet, or it can't be read. */
export async function readRecord(prefix: string): Promise<RecordedFile[] | undefined> {
  const text = await readTextIfAny(recordPath(prefix));
  if (text === undefined) return undefined;
  try {
    return text.split("\n").flatMap((line) => {
      if (line === "") return [];
      const [path, size, time, sha256] = v.parse(FileSchema, JSON.parse(line));
      return [{ path, size, time, sha256 }];
    });
  } catch {
    return undefined;
  }
}

/** What is there now, in the order of the folders. */
export async function readFiles(ctx: Ctx, prefix: string): Promise<RecordedFile[]> {
  const paths = await listFiles(prefix, "");
  const files = Array.from<RecordedFile>({ length: paths.length });
  let next = 0;
  // Each takes the next one when it is done: nobody waits for the large file of another.
  const reader = async (): Promise<void> => {
    for (let i = next++; i < paths.length; i = next++) {
      throwIfAborted(ctx.signal);
      files[i] = await readOne(prefix, paths[i] ?? "");
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  return files;
}

/** As many as keep both disk and hasher busy. */
const AT_ONCE = 16;

async function readOne(prefix: string, path: string): Promise<RecordedFile> {
  const full = `${prefix}/${path}`;
  const info = await lstat(full, { bigint: true });
  const facts = { path, size: Number(info.size), time: String(info.mtimeNs) };
  if (info.isSymbolicLink()) return { ...facts, time: "", sha256: `link:${await readlink(full)}` };
  return { ...facts, sha256: await hashFile(full, facts.size) };
}

/** Files and links; what is neither (a socket, a pipe) is nobody's installation. */
async function listFiles(prefix: string, below: string): Promise<string[]> {
  const entries = await readdir(below === "" ? prefix : `${prefix}/${below}`, { withFileTypes: true });
  const found = entries.map(async (entry) => {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (path === ".swcli") return [];
    if (entry.isDirectory()) return await listFiles(prefix, path);
    return entry.isFile() || entry.isSymbolicLink() ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}
