/**
 * One member's header bytes: ustar, with a pax header before it only when ustar can't say it.
 * Owns the written form; nothing here depends on the clock, the machine or the user. Tests: test/unit/core/swrt/tar-writer.test.ts
 */
import { storedName } from "#core/swrt/member-path.ts";

export const BLOCK = 512;

/** What the headers say of a member; the body is the writer's. */
export interface HeaderFacts {
  readonly path: string;
  readonly mode: number;
  readonly type: "file" | "dir" | "symlink";
  readonly size: number;
  readonly link?: string;
}

const TYPE_FLAG = { file: "0", dir: "5", symlink: "2", pax: "x" } as const;
// The 12-byte field holds 11 octal digits.
const USTAR_SIZE_LIMIT = 8 ** 11;
// Python's name for it; readers take the real name from the records.
const PAX_NAME = "././@PaxHeader";

/** `n` rounded up to whole blocks. */
export const padded = (n: number, unit = BLOCK): number => Math.ceil(n / unit) * unit;

/** How many bytes `encodeHeaders` gives. */
export function headersSize(entry: HeaderFacts): number {
  const records = paxRecords(entry);
  return records === undefined ? BLOCK : BLOCK + padded(records.length) + BLOCK;
}

/** The pax header (if needed) and the ustar header of a member. */
export function encodeHeaders(entry: HeaderFacts, mtime: number): Uint8Array {
  const records = paxRecords(entry);
  if (records === undefined) return ustarHeader(entry, mtime);
  const bytes = new Uint8Array(headersSize(entry));
  writeHeader(bytes.subarray(0, BLOCK), {
    name: PAX_NAME,
    prefix: "",
    mode: 0o644,
    size: records.length,
    mtime,
    flag: "pax",
    link: "",
  });
  bytes.set(records, BLOCK);
  bytes.set(ustarHeader(entry, mtime), bytes.length - BLOCK);
  return bytes;
}

function paxRecords(entry: HeaderFacts): Uint8Array | undefined {
  const records: string[] = [];
  const name = storedName(entry);
  if (splitName(name) === undefined) records.push(paxRecord("path", name));
  if (entry.link !== undefined && !fitsLink(entry.link)) records.push(paxRecord("linkpath", entry.link));
  if (entry.size >= USTAR_SIZE_LIMIT) records.push(paxRecord("size", String(entry.size)));
  return records.length === 0 ? undefined : Buffer.from(records.join(""));
}

/** `<length> key=value\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function ustarHeader(entry: HeaderFacts, mtime: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const name = storedName(entry);
  writeHeader(block, {
    ...(splitName(name) ?? { name: fallbackName(name), prefix: "" }),
    mode: entry.mode,
    size: entry.size >= USTAR_SIZE_LIMIT ? 0 : entry.size,
    mtime,
    flag: entry.type,
    link: entry.link === undefined || fitsLink(entry.link) ? (entry.link ?? "") : fallbackName(entry.link),
  });
  return block;
}

const isAscii = (text: string): boolean => /^[\x01-\x7f]*$/.test(text);
const fitsLink = (link: string): boolean => isAscii(link) && link.length <= 100;

/** Name and prefix fields of ustar, or undefined when they can't hold the name. */
function splitName(name: string): { name: string; prefix: string } | undefined {
  if (!isAscii(name)) return undefined;
  if (name.length <= 100) return { name, prefix: "" };
  // -2: a folder's own trailing slash would leave the name field empty.
  const slash = name.lastIndexOf("/", Math.min(155, name.length - 2));
  if (slash <= 0 || name.length - slash - 1 > 100) return undefined;
  return { name: name.slice(slash + 1), prefix: name.slice(0, slash) };
}

/** For readers without pax: something near, which neither is a folder by its slash nor climbs by a cut `..`. */
const fallbackName = (name: string): string =>
  name
    .replace(/[^\x01-\x7f]/gu, "_")
    .slice(0, 100)
    .replace(/[./]$/, "_");

interface HeaderFields {
  name: string;
  prefix: string;
  mode: number;
  size: number;
  mtime: number;
  flag: keyof typeof TYPE_FLAG;
  link: string;
}

/** Offsets of POSIX.1-1988; owner 0 and no names, so the builder leaves no trace. */
function writeHeader(block: Uint8Array, fields: HeaderFields): void {
  const put = (at: number, text: string) => block.set(Buffer.from(text, "latin1"), at);
  put(0, fields.name);
  put(100, octal(fields.mode, 8));
  put(108, octal(0, 8));
  put(116, octal(0, 8));
  put(124, octal(fields.size, 12));
  put(136, octal(fields.mtime, 12));
  put(148, "        ");
  put(156, TYPE_FLAG[fields.flag]);
  put(157, fields.link);
  put(257, "ustar\x0000");
  put(345, fields.prefix);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
}

function octal(value: number, width: number): string {
  const digits = value.toString(8).padStart(width - 1, "0");
  if (digits.length >= width) throw new Error(`${value} does not fit a tar field of ${width} bytes`);
  return `${digits}\0`;
}
