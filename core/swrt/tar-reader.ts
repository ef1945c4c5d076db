/**
 * Streams the members of a tar from anywhere, trusting nothing in it; writes nothing itself.
 * Reads ustar, pax, GNU and v7 archives, uncompressed. Owns the order of headers, bodies and end blocks; what members
 * may be together is member-tree.ts. Tests: test/unit/core/swrt/tar-reader.test.ts
 */
import { type ByteSource, byteSource } from "#core/swrt/byte-source.ts";
import { memberPath } from "#core/swrt/member-path.ts";
import { memberTree } from "#core/swrt/member-tree.ts";
import { memberInvalid, packageCutOff, packageInvalid } from "#core/swrt/package-error.ts";
import {
  decodeHeader,
  decodeLongName,
  decodePax,
  type PaxFacts,
  type RawHeader,
  SPARSE_HINT,
} from "#core/swrt/tar-decode.ts";
import { BLOCK, padded } from "#core/swrt/tar-encode.ts";

export interface TarMember {
  /** Normal form: relative, no leading `./`, no trailing slash. */
  path: string;
  /** Permission bits only. */
  mode: number;
  type: "file" | "dir" | "symlink";
  size: number;
  link?: string;
  /** To be read before the next member is asked for; what is left over then is passed over. */
  body: AsyncIterable<Uint8Array>;
}

// Longer than any name that can exist; an archive must not make us hold more.
const MAX_META = 64 * 1024;
const MAX_CHUNK = 256 * 1024;

/**
 * The members in the archive's order, without its root entry. Whatever was read may only be trusted once the iteration
 * has ended without an error: a link can leave through one that comes later, and the end may be missing.
 * @throws SwError PACKAGE_INVALID for everything that is no plain, complete, safe archive.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const bytes = byteSource(source);
  const tree = memberTree();
  try {
    let last: string | undefined;
    let rootSeen = false;
    for (let head = await nextHeader(bytes, last); head !== undefined; head = await nextHeader(bytes, last)) {
      const facts = memberFacts(head);
      last = facts.path || "/";
      if (facts.path === "") {
        if (rootSeen) throw memberInvalid("/", "appears twice");
        rootSeen = true;
        continue;
      }
      tree.add(facts);
      const body = memberBody(bytes, facts);
      yield { ...facts, body: body.chunks() };
      await body.finish();
    }
    tree.checkLinks();
    await expectNothingMore(bytes);
  } finally {
    await bytes.close();
  }
}

/** A header with what the extended headers before it said. */
interface Head {
  readonly raw: RawHeader;
  readonly pax: PaxFacts;
  readonly longName?: string;
  readonly longLink?: string;
}

/** The next member's header, or undefined at the end blocks. */
async function nextHeader(bytes: ByteSource, last: string | undefined): Promise<Head | undefined> {
  const extended: { pax?: PaxFacts; longName?: string; longLink?: string } = {};
  for (;;) {
    const raw = await rawHeader(bytes, last);
    if (raw === undefined) {
      if (Object.keys(extended).length > 0) throw packageCutOff("after an extended header");
      return undefined;
    }
    if (raw.flag === "x") setOnce(extended, "pax", decodePax(await meta(bytes, raw)));
    else if (raw.flag === "L") setOnce(extended, "longName", decodeLongName(await meta(bytes, raw)));
    else if (raw.flag === "K") setOnce(extended, "longLink", decodeLongName(await meta(bytes, raw)));
    else if (raw.flag === "g") checkGlobal(decodePax(await meta(bytes, raw)));
    else return { ...extended, raw, pax: extended.pax ?? {} };
  }
}

/** Two readers would disagree on which of two headers counts, so there may be one of a kind. */
function setOnce<K extends string, V>(into: { [key in K]?: V }, key: K, value: V): void {
  if (into[key] !== undefined) throw packageInvalid("has two extended headers for one member");
  into[key] = value;
}

function checkGlobal(pax: PaxFacts): void {
  if (pax.path === undefined && pax.linkpath === undefined && pax.size === undefined) return;
  throw packageInvalid("has a global header that renames or resizes all its members");
}

async function rawHeader(bytes: ByteSource, last: string | undefined): Promise<RawHeader | undefined> {
  const block = await bytes.take(BLOCK);
  if (block.length < BLOCK) {
    if (last === undefined && block.length > 0) decodeHeader(paddedBlock(block), last);
    throw packageCutOff(last === undefined ? "before its first member" : `after ${JSON.stringify(last)}`);
  }
  if (!isZero(block)) return decodeHeader(block, last);
  const second = await bytes.take(BLOCK);
  if (second.length < BLOCK) throw packageCutOff("within its end blocks");
  if (!isZero(second)) throw packageInvalid("has an empty block between its members");
  return undefined;
}

/** So that a short compressed file is named as such and not only as too short. */
function paddedBlock(start: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block.set(start);
  return block;
}

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

async function meta(bytes: ByteSource, raw: RawHeader): Promise<Uint8Array> {
  if (raw.size > MAX_META) throw packageInvalid(`has an extended header of ${raw.size} bytes`);
  const data = await bytes.take(padded(raw.size));
  if (data.length < padded(raw.size)) throw packageCutOff("within an extended header");
  return data.subarray(0, raw.size);
}

const TYPES: Record<string, TarMember["type"]> = { "0": "file", "5": "dir", "2": "symlink" };
const REFUSED: Record<string, string> = {
  "1": "is a hard link",
  "3": "is a device",
  "4": "is a device",
  "6": "is a named pipe",
  S: "is a sparse file",
};

function memberFacts(head: Head): Omit<TarMember, "body"> {
  const { raw, pax, longName, longLink } = head;
  if (pax.path !== undefined && longName !== undefined) throw packageInvalid("gives a member two long names");
  if (pax.linkpath !== undefined && longLink !== undefined) throw packageInvalid("gives a link two long targets");
  const name = pax.path ?? longName ?? raw.name();
  const type = TYPES[raw.flag];
  if (type === undefined) {
    const problem = REFUSED[raw.flag] ?? `is of a kind that packages don't have (${JSON.stringify(raw.flag)})`;
    throw memberInvalid(name, problem, raw.flag === "S" ? SPARSE_HINT : undefined);
  }
  const path = memberPath(name);
  if (type !== "dir" && (path === "" || name.endsWith("/")))
    throw memberInvalid(name, `is a ${type} named as a folder`);
  const size = pax.size ?? raw.size;
  if (type !== "file" && size !== 0) throw memberInvalid(name, `is a ${type} with content`);
  const link = type === "symlink" ? (pax.linkpath ?? longLink ?? raw.link()) : undefined;
  return { path, mode: raw.mode, type, size, ...(link === undefined ? {} : { link }) };
}

/** The bytes of one member, for the consumer first, then passed over to the next header. */
function memberBody(bytes: ByteSource, facts: { path: string; size: number }) {
  let left = facts.size;
  let finished = false;
  const cutOff = () => packageCutOff(`within ${JSON.stringify(facts.path)}`);

  async function* chunks(): AsyncGenerator<Uint8Array> {
    while (left > 0) {
      if (finished) throw new Error(`${facts.path} was read after its turn`);
      const part = await bytes.some(Math.min(left, MAX_CHUNK));
      if (part === undefined) throw cutOff();
      left -= part.length;
      yield part;
    }
  }

  const finish = async (): Promise<void> => {
    for await (const _ of chunks());
    finished = true;
    const padding = padded(facts.size) - facts.size;
    if ((await bytes.take(padding)).length < padding) throw cutOff();
  };

  return { chunks, finish };
}

/** Zeros may follow (records of 10,240 bytes); a second archive hidden there may not. */
async function expectNothingMore(bytes: ByteSource): Promise<void> {
  for (let part = await bytes.some(MAX_META); part !== undefined; part = await bytes.some(MAX_META)) {
    if (!isZero(part)) throw packageInvalid("goes on after its end");
  }
}
