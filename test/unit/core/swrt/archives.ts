/** Helpers of these tests: byte sources, random trees, and what GNU tar and Python say of an archive. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TarEntry } from "#core/swrt/tar-writer.ts";

export async function* bytesOf(data: Uint8Array | string, step = 65_536): AsyncGenerator<Uint8Array> {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

export async function joined(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

export const file = (path: string, data: string | Uint8Array = "", mode = 0o644): TarEntry => {
  const bytes = Buffer.from(data);
  return { path, mode, type: "file", size: bytes.length, open: () => bytesOf(new Uint8Array(bytes)) };
};
export const dir = (path: string, mode = 0o755): TarEntry => ({ path, mode, type: "dir", size: 0 });
export const symlink = (path: string, link: string): TarEntry => ({
  path,
  mode: 0o777,
  type: "symlink",
  size: 0,
  link,
});

export async function tempDir(): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "swrt-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Runs a program to its end and gives its stdout; its stderr is the error's text when it fails. */
export function output(argv: string[], stdin?: Uint8Array): string {
  const child = Bun.spawnSync(argv, { stdin, env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" } });
  if (child.exitCode !== 0) throw new Error(`${argv[0]}: ${child.stderr.toString()}`);
  return child.stdout.toString();
}

export interface Listed {
  path: string;
  type: string;
  mode: number;
  size: number;
  link: string;
  owner: string;
  mtime: number;
  sha256: string;
}

const LIST_WITH_PYTHON = `
import hashlib, json, sys, tarfile
rows = []
with tarfile.open(sys.argv[1], "r:") as tar:
    for m in tar:
        kind = "file" if m.isreg() else "dir" if m.isdir() else "symlink" if m.issym() else "other"
        body = hashlib.sha256(tar.extractfile(m).read()).hexdigest() if m.isreg() else ""
        rows.append(dict(path=m.name, type=kind, mode=m.mode, size=m.size, link=m.linkname, mtime=m.mtime,
                         owner=f"{m.uid}:{m.gid}:{m.uname}:{m.gname}", sha256=body))
json.dump(rows, sys.stdout)
`;

/** The members as Python's tarfile reads them: the Python client's own reader. */
export async function listedByPython(archive: Uint8Array): Promise<Listed[]> {
  await using dir = await tempDir();
  const path = join(dir.path, "a.tar");
  await writeFile(path, archive);
  return JSON.parse(output(["python3", "-c", LIST_WITH_PYTHON, path]));
}

/** The names as GNU tar lists them, unquoted. */
export const namesByGnuTar = (archive: Uint8Array): string[] =>
  output(["tar", "--quoting-style=literal", "--null", "-tf", "-"], archive)
    .split("\n")
    .filter((name) => name !== "");

/** A small repeatable source of chance. */
export function chance(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PARTS = [
  "a",
  "b.txt",
  "ünï",
  "模型",
  "🐳",
  "a b",
  "x=y",
  "-dash",
  "q".repeat(60),
  "Z".repeat(99),
  "é".repeat(70),
];
const SIZES = [0, 1, 511, 512, 513, 1023, 1024, 10_239, 10_240, 131_071, 131_072, 131_073, 262_145];

/** A random tree: long and unicode names, links, empty files, sizes at block edges; parents precede children. */
export function randomTree(seed: number): TarEntry[] {
  const next = chance(seed);
  const pick = <T>(from: readonly T[]): T => from[next(from.length)]!;
  const entries = new Map<string, TarEntry>();
  const folders = [""];
  for (let n = 0; n < 25; n++) {
    const path = `${pick(folders)}${pick(PARTS)}${next(50)}`;
    if (entries.has(path)) continue;
    const kind = next(4);
    if (kind === 0) {
      entries.set(path, dir(path));
      folders.push(`${path}/`);
    } else if (kind === 1) entries.set(path, symlink(path, `${pick(PARTS)}/${pick(PARTS)}/${pick(PARTS)}`));
    else entries.set(path, file(path, Buffer.alloc(pick(SIZES), next(256)), pick([0o644, 0o755, 0o600])));
  }
  return [...entries.values()];
}
