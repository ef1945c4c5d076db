/** Archives that no honest tool makes, header by header; and the kinds of tar that honest tools make. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { output, tempDir } from "./archives.ts";

export interface RawMember {
  name: string;
  type?: string;
  mode?: string;
  size?: string | Uint8Array;
  link?: string;
  body?: string | Uint8Array;
  magic?: string;
  prefix?: string;
}

const BLOCK = 512;
const rounded = (n: number) => Math.ceil(n / BLOCK) * BLOCK;
const octal = (value: number, width: number) => value.toString(8).padStart(width - 1, "0");

/** One header and its body; every field may be a lie, only the checksum is right. */
export function member(raw: RawMember): Buffer {
  const body = Buffer.from(raw.body ?? "");
  const block = Buffer.alloc(BLOCK + rounded(body.length));
  block.write(raw.name, 0, 100, "utf8");
  block.write(raw.mode ?? "0000644", 100, "latin1");
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.set(Buffer.from(raw.size ?? octal(body.length, 12)), 124);
  block.write(octal(0, 12), 136);
  block.write(raw.type ?? "0", 156, 1, "latin1");
  block.write(raw.link ?? "", 157, 100, "utf8");
  block.write(raw.magic ?? "ustar\x0000", 257, "latin1");
  block.write(raw.prefix ?? "", 345, "utf8");
  block.set(body, BLOCK);
  return seal(block);
}

/** Puts the checksum that fits the header as it is now. */
export function seal(block: Buffer): Buffer {
  block.write("        ", 148);
  const sum = block.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)}\0 `, 148);
  return block;
}

export const END = Buffer.alloc(2 * BLOCK);
export const archive = (...members: RawMember[]): Buffer => Buffer.concat([...members.map(member), END]);

/** A pax header with one record. */
export function pax(key: string, value: string, type = "x"): RawMember {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return { name: "pax", type, body: `${length} ${key}=${value}\n` };
}

/** Python's tarfile, given statements that fill `tar`. */
export async function byPython(statements: string, format = "PAX_FORMAT"): Promise<Buffer> {
  await using dir = await tempDir();
  const path = join(dir.path, "a.tar");
  const script = `
import io, sys, tarfile
def add(name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))
with tarfile.open(sys.argv[1], "w", format=tarfile.${format}) as tar:
${statements
  .split("\n")
  .map((line) => `    ${line}`)
  .join("\n")}
`;
  const file = join(dir.path, "make.py");
  await writeFile(file, script);
  output(["python3", file, path]);
  return await readFile(path);
}
