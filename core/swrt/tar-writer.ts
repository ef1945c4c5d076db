/**
 * Streams entries as a tar that is the same, byte for byte, whenever and wherever it is made.
 * Owns order of bytes and padding; entries come sorted (see package-tree.ts). Tests: test/unit/core/swrt/tar-writer.test.ts
 */
import { release } from "#core/platform/piece-loan.ts";
import { memberPath } from "#core/swrt/member-path.ts";
import { memberInvalid } from "#core/swrt/package-error.ts";
import { BLOCK, encodeHeaders, headersSize, padded } from "#core/swrt/tar-encode.ts";

export interface TarEntry {
  /** Relative, `/` between; a trailing slash on folders is optional. */
  path: string;
  mode: number;
  type: "file" | "dir" | "symlink";
  /** 0 for all but files. */
  size: number;
  link?: string;
  /** For files; must give exactly `size` bytes, in pieces that nobody else uses. */
  open?: () => AsyncIterable<Uint8Array>;
}

// GNU tar's and Python's record size: 20 blocks.
const RECORD = 10_240;
const END_BLOCKS = 2 * BLOCK;
const CHUNK = 128 * 1024;
const MAX_CHUNK = 1024 * 1024;
const ZEROS = new Uint8Array(RECORD + END_BLOCKS);

/** A file that is written nowhere. */
export function textMember(path: string, text: string | Uint8Array, mode = 0o644): TarEntry {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const open = async function* () {
    yield bytes.slice();
  };
  return { path, mode, type: "file", size: bytes.length, open };
}

/** The exact length of what `tarChunks` gives for the same entries; for HTTP's Content-Length. */
export function tarSize(entries: readonly Omit<TarEntry, "open">[]): number {
  const members = entries.map(checked).reduce((sum, entry) => sum + headersSize(entry) + padded(entry.size), 0);
  return padded(members + END_BLOCKS, RECORD);
}

/**
 * The archive in chunks of 64 KiB to 1 MiB (the last may be smaller), which are the taker's.
 * @param options.mtime seconds since 1970 of all members, 0 if not given.
 * @throws SwError PACKAGE_INVALID when a file gives another length than announced, or an entry can't be in a package.
 */
export async function* tarChunks(
  entries: readonly TarEntry[],
  options: { mtime?: number } = {},
): AsyncGenerator<Uint8Array> {
  yield* coalesced(members(entries, options.mtime ?? 0));
}

async function* members(entries: readonly TarEntry[], mtime: number): AsyncGenerator<Uint8Array> {
  let written = 0;
  for (const entry of entries.map(checked)) {
    const headers = encodeHeaders(entry, mtime);
    written += headers.length + padded(entry.size);
    yield headers;
    if (entry.type === "file") yield* body(entry);
    yield ZEROS.subarray(0, padded(entry.size) - entry.size);
  }
  yield ZEROS.subarray(0, padded(written + END_BLOCKS, RECORD) - written);
}

async function* body(entry: TarEntry): AsyncGenerator<Uint8Array> {
  if (entry.open === undefined) {
    if (entry.size === 0) return;
    throw new Error(`no content given for ${entry.path}`);
  }
  let given = 0;
  for await (const chunk of entry.open()) {
    given += chunk.length;
    if (given > entry.size) break;
    yield chunk;
  }
  if (given === entry.size) return;
  const really = given > entry.size ? "is longer than" : `has ${given} bytes instead of`;
  throw memberInvalid(entry.path, `${really} the ${entry.size} bytes announced`, "Did it change while it was packed?");
}

/** The entry with its path in normal form; refuses what a reader of ours would refuse. */
function checked(entry: TarEntry): TarEntry {
  const path = memberPath(entry.path);
  if (path === "") throw memberInvalid(entry.path, "is the root, which is never stored");
  if (!Number.isSafeInteger(entry.size) || entry.size < 0 || (entry.type !== "file" && entry.size !== 0)) {
    throw memberInvalid(path, `has an impossible size (${entry.size})`);
  }
  if (!Number.isInteger(entry.mode) || entry.mode < 0 || entry.mode > 0o7777) {
    throw memberInvalid(path, `has an impossible mode (${entry.mode})`);
  }
  if ((entry.type === "symlink") !== (entry.link !== undefined))
    throw memberInvalid(path, "has a link where none fits");
  if (entry.link === "" || entry.link?.includes("\0"))
    throw memberInvalid(path, "is a symlink without a usable target");
  return { ...entry, path };
}

/** Small pieces joined, large ones passed on without a copy: thousands of small files don't become thousands of writes. */
async function* coalesced(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK);
  let used = 0;
  for await (const piece of pieces) {
    if (used > 0 && used + piece.length > CHUNK) {
      yield buffer.slice(0, used);
      used = 0;
    }
    if (used === 0 && piece.length > CHUNK / 2) {
      for (let at = 0; at < piece.length; at += MAX_CHUNK) yield piece.subarray(at, at + MAX_CHUNK);
    } else {
      buffer.set(piece, used);
      used += piece.length;
      release(piece);
    }
  }
  if (used > 0) yield buffer.slice(0, used);
}
