/**
 * The names in a layer of somebody else's image: only those that lead to an interpreter or tell the C library, with what
 * glibc says of itself.
 * Reads what any tar writer of images makes, hard links and devices too. Tests: test/unit/core/docker/layer-names.test.ts
 */

import { pipeline, Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import * as v from "valibot";
import { SwError } from "#core/errors.ts";
import { copied } from "#core/platform/piece-loan.ts";
import { type ByteSource, byteSource } from "#core/swrt/byte-source.ts";
import { decodeHeader, decodeLongName, decodePax } from "#core/swrt/tar-decode.ts";
import { BLOCK, padded } from "#core/swrt/tar-encode.ts";

export const NamesSchema = v.array(
  v.object({ path: v.string(), link: v.optional(v.string()), glibc: v.optional(v.number()) }),
);

/** `link` is where a symlink points to, as written; `glibc` the N of the version 2.N of a C library. */
export type Names = v.InferOutput<typeof NamesSchema>;

const MAX_META = 1024 * 1024;
// Links of folders (`bin -> usr/bin`, `/opt/python -> …`) are near the top.
const LINK_DEPTH = 4;

/** @throws SwError IMAGE_FAILED when it is no layer */
export async function layerNames(chunks: AsyncIterable<Uint8Array>, mediaType: string): Promise<Names> {
  const bytes = byteSource(decompressed(chunks, mediaType));
  const names: Names = [];
  try {
    for (let member = await nextMember(bytes); member !== undefined; member = await nextMember(bytes)) {
      if (isTelling(member)) names.push(member);
    }
  } catch (e) {
    if (e instanceof SwError && e.code !== "PACKAGE_INVALID") throw e;
    throw new SwError("IMAGE_FAILED", `a layer of the base image can't be read (${mediaType})`, { cause: e });
  } finally {
    await bytes.close();
  }
  return names;
}

function decompressed(chunks: AsyncIterable<Uint8Array>, mediaType: string): AsyncIterable<Uint8Array> {
  // pipeline, unlike pipe, hands an error of the source (a cancelled download) on to the reader.
  const own = () => Readable.from(copied(chunks));
  if (/[.+]gzip$/.test(mediaType)) return pipeline(own(), createGunzip(), () => {});
  if (/\+zstd$/.test(mediaType)) return pipeline(own(), createZstdDecompress(), () => {});
  return chunks;
}

const isTelling = ({ path, link, glibc }: Names[number]) =>
  glibc !== undefined ||
  /(^|\/)bin\/python[0-9.]*$/.test(path) ||
  /(^|\/)(ld-musl-|\.wh\.)/.test(path) ||
  (link !== undefined && path.split("/").length <= LINK_DEPTH);

/** Path without a leading `./` or `/`; a body is passed over. */
async function nextMember(bytes: ByteSource): Promise<Names[number] | undefined> {
  let longName: string | undefined;
  let longLink: string | undefined;
  for (;;) {
    const block = await bytes.take(BLOCK);
    if (block.length < BLOCK || block.every((byte) => byte === 0)) return undefined;
    const raw = decodeHeader(block, undefined);
    if (raw.flag === "x" || raw.flag === "L" || raw.flag === "K") {
      const data = await bytes.take(padded(Math.min(raw.size, MAX_META)));
      const body = data.subarray(0, raw.size);
      if (raw.flag === "L") longName = decodeLongName(body);
      else if (raw.flag === "K") longLink = decodeLongName(body);
      else {
        const pax = decodePax(body);
        longName = pax.path ?? longName;
        longLink = pax.linkpath ?? longLink;
      }
      continue;
    }
    const size = padded(/[0-7gS]/.test(raw.flag) && !/[1-6]/.test(raw.flag) ? raw.size : 0);
    const path = (longName ?? raw.name()).replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
    const glibc = GLIBC.test(path) ? await glibcIn(bytes, size) : await skip(bytes, size);
    if (raw.flag === "g") continue;
    if (raw.flag === "2") return { path, link: longLink ?? raw.link() };
    return glibc === undefined ? { path } : { path, glibc };
  }
}

// Where the loader looks by default; others (of cross compilers, of other packagers) are not what programs run with.
const GLIBC = /^(usr\/)?lib(64)?\/([^/]+-linux-gnu\/)?libc(-2\.\d+\.so|\.so\.6)$/;
const BANNER = /GNU C Library [^\n\0]{0,150}release version 2\.(\d+)/;
const MAX_BANNER = 200;

/** What the library's own banner says; passes over its bytes. */
async function glibcIn(bytes: ByteSource, count: number): Promise<number | undefined> {
  let found: string | undefined;
  let end = "";
  await eachPart(bytes, count, (part) => {
    if (found !== undefined) return;
    const text = end + Buffer.from(part).toString("latin1");
    found = BANNER.exec(text)?.[1];
    end = text.slice(-MAX_BANNER);
  });
  return found === undefined ? undefined : Number(found);
}

async function skip(bytes: ByteSource, count: number): Promise<undefined> {
  await eachPart(bytes, count, () => {});
}

async function eachPart(bytes: ByteSource, count: number, see: (part: Uint8Array) => void): Promise<void> {
  for (let left = count; left > 0; ) {
    const part = await bytes.some(left);
    if (part === undefined) return;
    see(part);
    left -= part.length;
  }
}
