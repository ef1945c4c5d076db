/** Wheels made in a test: a tiny zip writer (stored, no compression) and the metadata that installers want. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

export interface WheelSpec {
  name: string;
  version?: string;
  /** python-abi-platform. */
  tag?: string;
  requires?: readonly string[];
  /** What its RECORD says of the files; nothing unless said. */
  recorded?: "right" | "wrong";
  /** Files beside the module: path → text. */
  more?: Readonly<Record<string, string>>;
}

/** Writes the wheel into `dir` and returns its absolute path. */
export async function makeWheel(
  dir: string,
  { name, version = "1.0", tag = "py3-none-any", requires = [], recorded, more }: WheelSpec,
) {
  const module = name.replaceAll("-", "_");
  const info = `${module}-${version}.dist-info`;
  const metadata = [
    "Metadata-Version: 2.1",
    `Name: ${name}`,
    `Version: ${version}`,
    ...requires.map((r) => `Requires-Dist: ${r}`),
  ];
  const files: Record<string, string> = {
    [`${module}/__init__.py`]: `VERSION = "${version}"\n`,
    ...more,
    [`${info}/METADATA`]: `${metadata.join("\n")}\n`,
    [`${info}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
  };
  const record = `${info}/RECORD`;
  const lines = Object.entries(files).map(([file, text]) => `${file},${recorded ? digestOf(text, recorded) : ","}\n`);
  files[record] = [...lines, `${record},,\n`].join("");
  await mkdir(dir, { recursive: true });
  const path = join(dir, `${module}-${version}-${tag}.whl`);
  await Bun.write(path, zipOf(files));
  return path;
}

function digestOf(text: string, recorded: "right" | "wrong"): string {
  const said = recorded === "right" ? text : `${text}?`;
  return `sha256=${new Bun.CryptoHasher("sha256").update(said).digest("base64url")},${said.length}`;
}

export function zipOf(files: Readonly<Record<string, string>>): Uint8Array {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = Buffer.from(text);
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(Bun.hash.crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, path, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), common, tail, path]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
