/**
 * A zip archive written member by member, the same bytes for the same members: no times, no machine. Holds a few pieces,
 * however large a member is, and lets others work meanwhile. Tests: test/unit/core/venv/repack-wheel.test.ts
 */
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createDeflateRaw } from "node:zlib";
import { SwError, throwIfAborted } from "#core/errors.ts";

export interface ZipMember {
  readonly path: string;
  readonly executable: boolean;
  readonly pieces: () => AsyncIterable<Uint8Array>;
  /** Told what was written of it, before the next member is asked for. */
  readonly written?: (content: Content) => void;
}

/** Of the bytes that went in. */
export interface Content {
  /** Hex. */
  sha256: string;
  size: number;
}

// 1980-01-01, the first day that the format knows.
const DATE = 0x21;
const UTF8 = 0x0800;
const DEFLATE = 8;
// Beyond these the format has other fields, which not every installer reads.
const MAX_BYTES = 0xffffffff;
const MAX_MEMBERS = 0xffff;

/**
 * Members in the given order, into a file that is not there yet.
 * @throws SwError LOCK_FAILED for more than the format holds, CANCELLED
 */
export async function writeZip(path: string, members: readonly ZipMember[], signal: AbortSignal): Promise<void> {
  const first = members[MAX_MEMBERS];
  if (first) throw tooLarge(first, `${MAX_MEMBERS} files`);
  const file = await open(path, "wx", 0o600);
  try {
    const directory: Uint8Array[] = [];
    let offset = 0;
    for (const member of members) {
      const { entry, end } = await writeMember(file, { member, offset, signal });
      directory.push(entry);
      offset = end;
    }
    await writeDirectory(file, directory, offset);
  } finally {
    await file.close();
  }
}

const tooLarge = ({ path }: ZipMember, limit: string) =>
  new SwError("LOCK_FAILED", `a wheel of more than ${limit} can't be made (at ${path})`, {
    hint: "Install the package from an index or from its repository instead.",
  });

interface Writing {
  member: ZipMember;
  offset: number;
  signal: AbortSignal;
}

/** The head comes last: it says the sizes. */
async function writeMember(file: FileHandle, { member, offset, signal }: Writing) {
  const name = new TextEncoder().encode(member.path);
  const start = offset + LOCAL_HEAD + name.length;
  const { crc, packed, content } = await writePacked(file, { member, offset: start, signal });
  if (Math.max(content.size, start + packed) > MAX_BYTES) throw tooLarge(member, "4 GB");
  const fields = commonFields({ crc, packed, size: content.size, name: name.length });
  await writeAll(file, concat([bytes([4, 0x04034b50]), fields, name]), offset);
  member.written?.(content);
  return { entry: centralEntry(member, { name, fields, offset }), end: start + packed };
}

const LOCAL_HEAD = 30;
const PIECE = 1 << 18;

async function writePacked(file: FileHandle, { member, offset, signal }: Writing) {
  const hasher = new Bun.CryptoHasher("sha256");
  let [crc, size, packed] = [0, 0, 0];
  async function* read() {
    for await (const piece of member.pieces()) {
      throwIfAborted(signal);
      hasher.update(piece);
      crc = Bun.hash.crc32(piece, crc);
      size += piece.length;
      yield piece;
    }
  }
  const deflate = createDeflateRaw({ chunkSize: PIECE });
  const source = Readable.from(read());
  source.on("error", (e) => deflate.destroy(e));
  for await (const piece of source.pipe(deflate)) {
    await writeAll(file, piece, offset + packed);
    packed += piece.length;
  }
  return { crc, packed, content: { sha256: hasher.digest("hex"), size } };
}

async function writeAll(file: FileHandle, piece: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < piece.length; ) {
    at += (await file.write(piece, at, piece.length - at, position + at)).bytesWritten;
  }
}

async function writeDirectory(file: FileHandle, directory: readonly Uint8Array[], offset: number): Promise<void> {
  const central = concat(directory);
  const count = directory.length;
  const end = bytes([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, central.length], [4, offset], [2, 0]);
  await writeAll(file, concat([central, end]), offset);
}

/** @param sizes of the content, of its packed bytes and of its name */
function commonFields({ crc, packed, size, name }: Record<"crc" | "packed" | "size" | "name", number>): Uint8Array {
  return bytes(
    [2, 20],
    [2, UTF8],
    [2, DEFLATE],
    [2, 0],
    [2, DATE],
    [4, crc],
    [4, packed],
    [4, size],
    [2, name],
    [2, 0],
  );
}

function centralEntry(
  { executable }: ZipMember,
  { name, fields, offset }: { name: Uint8Array; fields: Uint8Array; offset: number },
): Uint8Array {
  const mode = (0o100000 | (executable ? 0o755 : 0o644)) * 0x10000;
  // Made by Unix, so that the mode counts.
  return concat([
    bytes([4, 0x02014b50], [2, 0x0314]),
    fields,
    bytes([2, 0], [2, 0], [2, 0], [4, mode], [4, offset]),
    name,
  ]);
}

/** Little-endian numbers of these widths. */
function bytes(...fields: [width: 2 | 4, value: number][]): Uint8Array {
  const out = Buffer.alloc(fields.reduce((sum, [width]) => sum + width, 0));
  let at = 0;
  for (const [width, value] of fields) at = out.writeUIntLE(value, at, width);
  return out;
}

const concat = (parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
