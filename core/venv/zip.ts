/**
 * A zip archive from bytes in memory, the same bytes for the same members: no times, no machine. Pure.
 * Tests: test/unit/core/venv/repack-wheel.test.ts
 */
import { deflateRawSync } from "node:zlib";
import { SwError } from "#core/errors.ts";

export interface ZipMember {
  path: string;
  data: Uint8Array;
  executable: boolean;
}

// 1980-01-01, the first day that the format knows.
const DATE = 0x21;
const UTF8 = 0x0800;
const DEFLATE = 8;
const LIMIT = 0xffffffff;

/** Members in the given order. */
export function zip(members: readonly ZipMember[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const member of members) {
    const packed = deflateRawSync(member.data);
    const name = new TextEncoder().encode(member.path);
    const fields = commonFields(member, name, packed);
    const head = concat([bytes([4, 0x04034b50]), fields, name]);
    parts.push(head, packed);
    directory.push(centralEntry(member, { name, fields, offset }));
    offset += head.length + packed.length;
    if (offset > LIMIT) throw new SwError("FAILED", `a wheel of more than 4 GB can't be made (${member.path})`);
  }
  const central = concat(directory);
  const count = members.length;
  const end = bytes([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, central.length], [4, offset], [2, 0]);
  return concat([...parts, central, end]);
}

function commonFields({ data }: ZipMember, name: Uint8Array, packed: Uint8Array): Uint8Array {
  const crc = Bun.hash.crc32(data);
  return bytes(
    [2, 20],
    [2, UTF8],
    [2, DEFLATE],
    [2, 0],
    [2, DATE],
    [4, crc],
    [4, packed.length],
    [4, data.length],
    [2, name.length],
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
