/**
 * A wheel made from what is installed: the files that RECORD names, as they are, without what installers add.
 * Reads the environment, never writes into it. Tests: test/unit/core/venv/repack-wheel.test.ts
 */
import { createReadStream } from "node:fs";
import { mkdir, open, stat } from "node:fs/promises";
import { basename, normalize, relative } from "pathe";
import { errno, SwError } from "#core/errors.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import type { Distribution } from "#core/venv/distribution.ts";
import { writeZip, type ZipMember } from "#core/venv/zip.ts";

export interface RepackPlace {
  /** Where the wheel goes. */
  folder: string;
  signal: AbortSignal;
}

/** @throws SwError LOCK_FAILED when the environment does not say which files belong to the package, CANCELLED */
export async function repackWheel(distribution: Distribution, { folder, signal }: RepackPlace): Promise<string> {
  const { site, info } = distribution;
  const record = await readTextIfAny(`${site}/${info}/RECORD`);
  const wheelFile = await readTextIfAny(`${site}/${info}/WHEEL`);
  if (!record || !wheelFile) throw noRecord(distribution);
  const scripts = entryPoints((await readTextIfAny(`${site}/${info}/entry_points.txt`)) ?? "");
  const members: ZipMember[] = [];
  for (const path of recordPaths(record).sort()) {
    const target = wheelPath(distribution, path, scripts);
    if (target !== undefined) members.push(await member(distribution, path, target));
  }
  const file = `${folder}/${info.slice(0, -".dist-info".length)}-${tagOf(wheelFile)}.whl`;
  await mkdir(folder, { recursive: true });
  await writeZip(file, withRecord(info, members), signal);
  return file;
}

const noRecord = ({ name, version, info }: Distribution) =>
  new SwError("LOCK_FAILED", `${name} ${version} can't be carried: its ${info} does not list its files`, {
    hint: "Install it as a wheel, from an index or from its repository.",
  });

/** The first field of each line of a CSV file. */
const recordPaths = (record: string): string[] =>
  record
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) => /^(?:"((?:[^"]|"")*)"|([^,]*))/.exec(line))
    .map((match) => match?.[1]?.replaceAll('""', '"') ?? match?.[2] ?? "")
    .filter((path) => path !== "");

// Written by whoever installs; RECORD is made anew.
const INSTALLERS = /\/(RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json|uv_build\.json)$/;

/** The path inside a wheel; undefined for what installers make. */
function wheelPath({ site, info }: Distribution, path: string, scripts: ReadonlySet<string>): string | undefined {
  if (/(^|\/)__pycache__\//.test(path) || (path.startsWith(`${info}/`) && INSTALLERS.test(path))) return undefined;
  const full = normalize(`${site}/${path}`);
  if (full.startsWith(`${site}/`)) return relative(site, full);
  const prefix = normalize(`${site}/../../..`);
  if (!full.startsWith(`${prefix}/`)) return undefined;
  const inside = relative(prefix, full);
  const data = `${info.slice(0, -".dist-info".length)}.data`;
  if (!inside.startsWith("bin/")) return `${data}/data/${inside}`;
  return scripts.has(basename(inside)) ? undefined : `${data}/scripts/${inside.slice("bin/".length)}`;
}

function entryPoints(text: string): Set<string> {
  const names = new Set<string>();
  let isScripts = false;
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    if (line.startsWith("[")) isScripts = line === "[console_scripts]" || line === "[gui_scripts]";
    else if (isScripts && line.includes("=")) names.add(line.slice(0, line.indexOf("=")).trim());
  }
  return names;
}

async function member({ site, name }: Distribution, path: string, target: string): Promise<ZipMember> {
  const file = `${site}/${path}`;
  try {
    const info = await stat(file);
    const behind = /\.data\/scripts\//.test(target) ? await interpreterLine(file) : undefined;
    return { path: target, executable: (info.mode & 0o111) !== 0, pieces: () => piecesOf(file, behind) };
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    throw new SwError("LOCK_FAILED", `${name} can't be carried: its file ${path} is not there any more`, {
      hint: "Install it again, then repeat the build.",
    });
  }
}

const PIECE = 1 << 18;

/** @param behind where a script goes on behind its interpreter */
async function* piecesOf(file: string, behind: number | undefined): AsyncGenerator<Uint8Array> {
  // What installers replace by the environment's own.
  if (behind !== undefined) yield new TextEncoder().encode("#!python\n");
  yield* createReadStream(file, { start: behind ?? 0, highWaterMark: PIECE });
}

const LONGEST_LINE = 1024;

/** The length of a first line that names a Python. */
async function interpreterLine(path: string): Promise<number | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_LINE), 0, LONGEST_LINE, 0);
    return /^#!.*python[\d.]*\b.*\n/.exec(buffer.toString("latin1", 0, bytesRead))?.[0].length;
  } finally {
    await file.close();
  }
}

/** The members, and last the list of what was written of them. */
function withRecord(info: string, members: readonly ZipMember[]): ZipMember[] {
  const lines: string[] = [];
  const listed = members.map(
    (one): ZipMember => ({
      ...one,
      written: ({ sha256, size }) => lines.push(`${csv(one.path)},sha256=${base64(sha256)},${size}`),
    }),
  );
  const path = `${info}/RECORD`;
  async function* pieces() {
    yield new TextEncoder().encode(`${[...lines, `${path},,`].join("\n")}\n`);
  }
  return [...listed, { path, executable: false, pieces }];
}

const csv = (path: string) => (/[",]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path);
const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64url");

/** `Tag:` lines as the tag of a file name: `py2.py3-none-any`. */
function tagOf(wheelFile: string): string {
  const tags = [...wheelFile.matchAll(/^Tag:\s*(\S+)\s*$/gm)].map(([, tag = ""]) => tag.split("-"));
  const part = (i: number) => [...new Set(tags.map((tag) => tag[i] ?? ""))].join(".");
  return tags.length > 0 ? [part(0), part(1), part(2)].join("-") : "py3-none-any";
}
