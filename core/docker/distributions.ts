/**
 * What uv installed, read from the RECORD of each distribution, as members of layers: scripts get the image's own
 * interpreter, and the RECORD says so. Tests: test/unit/core/docker/distributions.test.ts
 */
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { normalize } from "pathe";
import { PREFIX } from "#core/docker/image-layout.ts";
import type { Scratch } from "#core/docker/install-target.ts";
import { fileEntry, linkEntry, textEntry } from "#core/docker/layer-entry.ts";
import type { TarEntry } from "#core/swrt/tar-writer.ts";

export interface Distribution {
  /** `numpy-2.4.6` */
  readonly name: string;
  /** Bytes as installed. */
  readonly size: number;
  readonly entries: readonly TarEntry[];
}

interface Reading {
  readonly scratch: Scratch;
  /** Of the image. */
  readonly python: string;
  readonly sitePackages: string;
}

/** All distributions of a scratch environment, by name; `python` is the minor version of the image's interpreter. */
export async function readDistributions(scratch: Scratch, python: string): Promise<Distribution[]> {
  const sitePackages = `lib/python${scratch.minor}/site-packages`;
  const names = (await readdir(`${scratch.prefix}/${sitePackages}`))
    .filter((name) => name.endsWith(".dist-info"))
    .sort();
  const reading: Reading = { scratch, python, sitePackages };
  return await Promise.all(names.map((name) => readDistribution(reading, name)));
}

async function readDistribution(reading: Reading, info: string): Promise<Distribution> {
  const record = `${reading.sitePackages}/${info}/RECORD`;
  const text = await readFile(`${reading.scratch.prefix}/${record}`, "utf8");
  const entries: TarEntry[] = [];
  const kept: string[] = [];
  for (const line of text.split(/\r?\n/).filter((l) => l !== "")) {
    const { name, facts } = parseLine(line);
    const path = normalize(`${reading.sitePackages}/${name}`);
    if (isRubbish(path)) continue;
    const member = path === record ? undefined : await readMember(reading, path);
    if (member) entries.push(member.entry);
    kept.push(csvName(ofImage(reading, name)) + (member?.text === undefined ? facts : factsOf(member.text)));
  }
  entries.push(textEntry(imagePath(reading, record), `${kept.sort().join("\n")}\n`));
  return {
    name: info.slice(0, -".dist-info".length),
    size: entries.reduce((sum, entry) => sum + entry.size, 0),
    entries,
  };
}

/** CSV: a name with a comma is quoted; `facts` are hash and size with the commas before them. */
function parseLine(line: string): { name: string; facts: string } {
  const [, quoted, rest = ""] = /^"((?:[^"]|"")*)"(.*)$/.exec(line) ?? [];
  if (quoted !== undefined) return { name: quoted.replaceAll('""', '"'), facts: rest };
  const comma = line.indexOf(",");
  return { name: line.slice(0, comma), facts: line.slice(comma) };
}

const csvName = (name: string) => (/[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

/** Bytecode depends on the interpreter that wrote it, uv's notes on the time of the install. */
const isRubbish = (path: string) =>
  /(^|\/)__pycache__\/|\.pyc$|\.dist-info\/(uv_cache|uv_build)\.json$/.test(path) || path.startsWith("../");

/** A path of the scratch environment, or one that a RECORD says, with the folders of the image's interpreter. */
const ofImage = ({ scratch, python }: Reading, path: string) =>
  path.replace(
    new RegExp(`^((?:\\.\\./)*(?:lib|include/site)/python)${scratch.minor.replace(".", "\\.")}/`),
    `$1${python}/`,
  );

const imagePath = (reading: Reading, path: string) => `${PREFIX}/${ofImage(reading, path)}`;

/** One installed file; `text` is given when it is not what was installed. */
async function readMember(reading: Reading, path: string): Promise<{ entry: TarEntry; text?: string }> {
  const source = `${reading.scratch.prefix}/${path}`;
  const info = await lstat(source);
  const target = imagePath(reading, path);
  if (info.isSymbolicLink()) return { entry: linkEntry(target, await readlink(source)) };
  if (path.startsWith("bin/") && info.size < MAX_SCRIPT) {
    const text = withInterpreter(await readFile(source, "latin1"), reading.scratch.prefix);
    if (text !== undefined) return { entry: scriptEntry(target, text), text };
  }
  return { entry: fileEntry(target, { source, size: info.size, mode: info.mode }) };
}

// Larger ones are programs.
const MAX_SCRIPT = 1024 * 1024;

const scriptEntry = (path: string, text: string): TarEntry => textEntry(path, Buffer.from(text, "latin1"), 0o755);

/** The script with the image's interpreter, or undefined when it names none of the scratch environment's. */
export function withInterpreter(script: string, prefix: string): string | undefined {
  const [first = "", second = "", third = ""] = script.split("\n", 3);
  const shebang = `#!${PREFIX}/bin/python`;
  if (first.startsWith(`#!${prefix}/bin/python`)) return shebang + script.slice(first.length);
  // The form for interpreters with long or blank-holding paths: sh starts Python on the same file.
  const isPolyglot = first === "#!/bin/sh" && second.includes("'''exec'") && second.includes(prefix);
  return isPolyglot ? `${shebang}\n${script.slice(first.length + second.length + third.length + 3)}` : undefined;
}

function factsOf(text: string): string {
  const bytes = Buffer.from(text, "latin1");
  return `,sha256=${new Bun.CryptoHasher("sha256").update(bytes).digest("base64url")},${bytes.length}`;
}
