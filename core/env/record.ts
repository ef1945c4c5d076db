/**
 * The record of an environment: each file, link and folder as they were when it was settled, one JSON line each in
 * `<prefix>/.swcli/record`. What it says is compared with by core/env/verify.ts. Tests: test/e2e/drift.test.ts
 */
import type { Dirent } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { hashFile } from "#core/env/hash-file.ts";
import { throwIfAborted } from "#core/errors.ts";
import { readTextIfAny, writeFileAtomic } from "#core/platform/fs-atomic.ts";

/** The last is 1 for what may be executed. */
const LineSchema = v.tuple([v.string(), v.number(), v.string(), v.string(), v.optional(v.number())]);

export interface RecordedFile {
  /** Below the prefix. */
  path: string;
  size: number;
  /** Nanoseconds; only says whether a look is worth it, never that a file is right. */
  time: string;
  /** Of a file; of others what they are: `link:TARGET`, `folder`, `special` (a pipe, a socket). */
  sha256: string;
  isExecutable: boolean;
}

export const isFolder = ({ sha256 }: RecordedFile): boolean => sha256 === "folder";

export const isSame = (a: RecordedFile, b: RecordedFile): boolean =>
  a.sha256 === b.sha256 && a.isExecutable === b.isExecutable;

const recordPath = (prefix: string) => `${prefix}/.swcli/record`;

export async function writeRecord(prefix: string, files: readonly RecordedFile[]): Promise<void> {
  const lines = files.map(({ path, size, time, sha256, isExecutable }) =>
    JSON.stringify([path, size, time, sha256, ...(isExecutable ? [1] : [])]),
  );
  await writeFileAtomic(recordPath(prefix), `${lines.join("\n")}\n`, { durable: false });
}

/** undefined when none was made yet, or it can't be read. */
export async function readRecord(prefix: string): Promise<RecordedFile[] | undefined> {
  const text = await readTextIfAny(recordPath(prefix));
  try {
    const files = (text ?? "")
      .split("\n")
      .filter((line) => line !== "")
      .map(parseLine);
    // One without folders is an older build's, which did not look at all that is compared now.
    return files.some(isFolder) ? files : undefined;
  } catch {
    return undefined;
  }
}

function parseLine(line: string): RecordedFile {
  const [path, size, time, sha256, mode] = v.parse(LineSchema, JSON.parse(line));
  return { path, size, time, sha256, isExecutable: mode === 1 };
}

/** What was compiled since comes to the record; everything else in it stays. */
export async function addToRecord(ctx: Ctx, prefix: string): Promise<void> {
  const record = (await readRecord(prefix)) ?? [];
  const known = new Set(record.map(({ path }) => path));
  const isNew = (path: string) => !known.has(path) && /\/__pycache__(\/[^/]+\.pyc)?$/.test(path);
  await writeRecord(prefix, [...record, ...(await readAll(ctx, prefix, (await listAll(prefix, "")).filter(isNew)))]);
}

/** What is there now, in the order of the folders; everything but our own folder. */
export const readFiles = async (ctx: Ctx, prefix: string): Promise<RecordedFile[]> =>
  await readAll(ctx, prefix, await listAll(prefix, ""));

async function readAll(ctx: Ctx, prefix: string, paths: readonly string[]): Promise<RecordedFile[]> {
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

export async function readOne(prefix: string, path: string): Promise<RecordedFile> {
  const full = `${prefix}/${path}`;
  const info = await lstat(full, { bigint: true });
  const facts = { path, size: 0, time: "", isExecutable: false };
  if (info.isDirectory()) return { ...facts, sha256: "folder" };
  if (info.isSymbolicLink()) return { ...facts, size: Number(info.size), sha256: `link:${await readlink(full)}` };
  if (!info.isFile()) return { ...facts, sha256: "special" };
  const size = Number(info.size);
  const isExecutable = (info.mode & 0o111n) !== 0n;
  return { path, size, time: String(info.mtimeNs), isExecutable, sha256: await hashFile(full, size) };
}

/** A folder before what is in it. */
async function listAll(prefix: string, below: string): Promise<string[]> {
  const entries = await readdir(below === "" ? prefix : `${prefix}/${below}`, { withFileTypes: true });
  return (await Promise.all(entries.map(async (entry) => await listEntry(prefix, below, entry)))).flat();
}

async function listEntry(prefix: string, below: string, entry: Dirent): Promise<string[]> {
  const path = below === "" ? entry.name : `${below}/${entry.name}`;
  if (path === ".swcli") return [];
  return entry.isDirectory() ? [path, ...(await listAll(prefix, path))] : [path];
}
