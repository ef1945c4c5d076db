/**
 * What the bytes of one tar header say: ustar, v7 and GNU fields, pax records. Judges form, not meaning.
 * Tests: test/unit/core/swrt/tar-reader.test.ts
 */
import { memberInvalid, packageInvalid } from "#core/swrt/package-error.ts";

/** A header as it stands, before pax and GNU names replace parts of it. */
export interface RawHeader {
  /** As text on demand: when a longer name replaces it, it may be cut within a letter. */
  readonly name: () => string;
  /** The type character; `0` also for the old NUL. */
  readonly flag: string;
  readonly mode: number;
  readonly size: number;
  readonly link: () => string;
}

/** The pax records that matter here; an empty value in the archive takes a record back. */
export interface PaxFacts {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: number;
}

// 1 TiB: no runtime has such a file, and arithmetic on it stays exact.
const MAX_SIZE = 2 ** 40;

/**
 * Reads a header block that is not all zeros.
 * @param after the member before it, for the message.
 * @throws SwError PACKAGE_INVALID when the checksum or a field is wrong.
 */
export function decodeHeader(block: Uint8Array, after: string | undefined): RawHeader {
  if (!checksumFits(block)) throw damagedHeader(block, after);
  const roughName = new TextDecoder().decode(textField(block, 0, 100));
  return {
    name: () => ustarName(block),
    flag: String.fromCharCode(block[156] || 0x30),
    // Set-id bits have no business in a package and would change owners' rights on extraction.
    mode: octalField(block, { at: 100, width: 8, name: roughName }) & 0o777,
    size: sizeField(block, roughName),
    link: () => utf8(textField(block, 157, 100)),
  };
}

/**
 * The records of a pax header; times, owners and comments are passed over.
 * @throws SwError PACKAGE_INVALID when they can't be read or describe a sparse file.
 */
export function decodePax(bytes: Uint8Array): PaxFacts {
  const records = paxRecords(bytes);
  const name = records.get("path") ?? "pax header";
  for (const key of records.keys()) {
    if (key.startsWith("GNU.sparse")) throw memberInvalid(name, "is a sparse file", SPARSE_HINT);
  }
  const size = records.get("size");
  if (size !== undefined && !/^\d{1,16}$/.test(size)) throw memberInvalid(name, `has an impossible size (${size})`);
  return {
    path: records.get("path"),
    linkpath: records.get("linkpath"),
    size: size === undefined ? undefined : checkedSize(Number(size), name),
  };
}

export const SPARSE_HINT = "Pack it again without `tar --sparse`.";

/** A NUL-ended name as GNU writes it in `L` and `K` members. */
export const decodeLongName = (bytes: Uint8Array): string => utf8(textField(bytes, 0, bytes.length));

function textField(block: Uint8Array, at: number, width: number): Uint8Array {
  const field = block.subarray(at, at + width);
  const end = field.indexOf(0);
  return end === -1 ? field : field.subarray(0, end);
}

function ustarName(block: Uint8Array): string {
  const name = utf8(textField(block, 0, 100));
  // GNU's own magic (`ustar` and two spaces) keeps times where POSIX has the prefix.
  const prefix = utf8(textField(block, 257, 6)) === "ustar" ? utf8(textField(block, 345, 155)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function paxRecords(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at);
    const digits = space === -1 ? "" : utf8(bytes.subarray(at, Math.min(space, at + 20)));
    const end = at + Number(digits);
    if (!/^[1-9]\d*$/.test(digits) || end > bytes.length || end <= space + 1 || bytes[end - 1] !== 0x0a) {
      throw packageInvalid("has a pax header that can't be read");
    }
    const record = bytes.subarray(space + 1, end - 1);
    const equals = record.indexOf(0x3d);
    if (equals <= 0) throw packageInvalid("has a pax header that can't be read");
    setRecord(records, record, equals);
    at = end;
  }
  return records;
}

function setRecord(records: Map<string, string>, record: Uint8Array, equals: number): void {
  const key = utf8(record.subarray(0, equals));
  // Only what is used must be text: other tools keep binary values in records of their own.
  const value = key === "path" || key === "linkpath" || key === "size" ? utf8(record.subarray(equals + 1)) : "-";
  if (value === "") records.delete(key);
  else records.set(key, value);
}

function checksumFits(block: Uint8Array): boolean {
  const text = String.fromCharCode(...block.subarray(148, 156));
  const stored = /^ *([0-7]+)[\0 ]*$/.exec(text)?.[1];
  if (stored === undefined) return false;
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return sum === Number.parseInt(stored, 8);
}

function damagedHeader(block: Uint8Array, after: string | undefined) {
  if (after !== undefined) {
    return packageInvalid(`is damaged after ${JSON.stringify(after)}: what follows is no tar header`);
  }
  const packer = COMPRESSED.find(({ magic }) => magic.every((byte, at) => block[at] === byte));
  if (packer === undefined) return packageInvalid("is no tar archive (its first header has a wrong checksum)");
  return packageInvalid(
    `is compressed with ${packer.name}; a .swrt is a plain tar`,
    `Decompress it first (\`${packer.command} < FILE > NEW.swrt\`).`,
  );
}

// By their first bytes; people pack with `tar czf` out of habit.
const COMPRESSED = [
  { name: "gzip", command: "gzip -dc", magic: [0x1f, 0x8b] },
  { name: "bzip2", command: "bzip2 -dc", magic: [0x42, 0x5a, 0x68] },
  { name: "xz", command: "xz -dc", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { name: "zstd", command: "zstd -dc", magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: "zip", command: "unzip -p", magic: [0x50, 0x4b, 0x03, 0x04] },
];

function octalField(block: Uint8Array, field: { at: number; width: number; name: string }): number {
  const { at, width, name } = field;
  const text = String.fromCharCode(...block.subarray(at, at + width));
  const digits = /^ *([0-7]*)[\0 ]*$/.exec(text)?.[1];
  if (digits === undefined) throw memberInvalid(name, "has a number in its header that can't be read");
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

/** Octal, or GNU's base 256 when the first bit is set. */
function sizeField(block: Uint8Array, name: string): number {
  const field = block.subarray(124, 136);
  const first = field[0] ?? 0;
  if (first < 0x80) return checkedSize(octalField(block, { at: 124, width: 12, name }), name);
  if (first !== 0x80) throw memberInvalid(name, "has an impossible size");
  return checkedSize(
    field.subarray(1).reduce((total, byte) => total * 256 + byte, 0),
    name,
  );
}

function checkedSize(size: number, name: string): number {
  if (size > MAX_SIZE) throw memberInvalid(name, `has an impossible size (${size} bytes)`);
  return size;
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw memberInvalid(new TextDecoder().decode(bytes), "has a name that is not UTF-8");
  }
}
