/**
 * All pip inputs of a runtime.yaml read into one list: requirement files with what they include, and `pip:` items.
 * Owns the walk over files; what a line means is in requirement.ts and requirement-options.ts.
 * Tests: test/unit/core/lock/requirements.test.ts
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "pathe";
import { errno } from "#core/errors.ts";
import { type At, lineError, placeOf } from "#core/lock/line-error.ts";
import {
  editableError,
  parseRequirement,
  RequirementError,
  secretInFile,
  writtenSecrets,
} from "#core/lock/requirement.ts";
import { decodeRequirements, type LogicalLine, logicalLines } from "#core/lock/requirement-lines.ts";
import { type Option, OptionError, splitLine } from "#core/lock/requirement-options.ts";
import { findLinksPath, insidePath } from "#core/lock/requirement-paths.ts";
import type { Env } from "#core/platform/env.ts";
import { hasSecret } from "#core/platform/redact.ts";

export type { At } from "#core/lock/line-error.ts";

export interface RequirementLine {
  /** PEP 508, no hashes or options. */
  text: string;
  /** Normalised. */
  name: string | undefined;
  /** "sha256:…", as the user gave them. */
  hashes: string[];
  kind: "named" | "url" | "vcs";
  at: At;
  /** `user:${TOKEN}` as written, when the URL's secret comes from the environment; likewise its query. */
  userinfo?: string;
  query?: string;
}

export interface IndexOptions {
  indexUrl?: string;
  extraIndexUrls: string[];
  /** Absolute folders and files, or URLs. */
  findLinks: string[];
  trustedHosts: string[];
  noIndex: boolean;
  pre: boolean;
  noBinary: string[];
  onlyBinary: string[];
}

export interface Requirements {
  requirements: RequirementLine[];
  constraints: RequirementLine[];
  index: IndexOptions;
  /** Every file read, relative to the yaml's folder, in reading order: they go into the package. */
  files: string[];
  warnings: string[];
}

export type RequirementSource =
  | { kind: "file"; path: string; at: At }
  /** `base` as of a line below. */
  | { kind: "pkg"; text: string; at: At; base?: string };

export interface ReadInput {
  /** The folder of runtime.yaml, absolute. */
  dir: string;
  sources: readonly RequirementSource[];
  env: Env;
}

/**
 * Reads all sources in their order.
 * @throws SwError MANIFEST_REQUIREMENT, MANIFEST_FILE_MISSING or MANIFEST_PATH, with the place.
 */
export async function readRequirements(input: ReadInput): Promise<Requirements> {
  const reading: Reading = { ...input, out: emptyRequirements(), open: new Set(), done: new Set() };
  for (const source of input.sources) {
    if (source.kind === "file") await readSourceFile(reading, source);
    else await readPackages(reading, source);
  }
  return reading.out;
}

interface Reading extends ReadInput {
  out: Requirements;
  /** Files that are being read, outermost first: an include of one of them is a cycle. */
  open: Set<string>;
  /** `r:path` and `c:path` that were read: the same file twice says nothing new. */
  done: Set<string>;
}

interface Line {
  at: At;
  /** The folder that paths in the line are relative to, itself relative to the yaml's. */
  base: string;
  source: LogicalLine;
  constraint: boolean;
}

/** Nothing is asked for. */
export const emptyRequirements = (): Requirements => ({
  requirements: [],
  constraints: [],
  index: {
    extraIndexUrls: [],
    findLinks: [],
    trustedHosts: [],
    noIndex: false,
    pre: false,
    noBinary: [],
    onlyBinary: [],
  },
  files: [],
  warnings: [],
});

async function readSourceFile(reading: Reading, { path, at }: { path: string; at: At }): Promise<void> {
  const file = await insidePath(reading.dir, { path, at, source: path, base: "" });
  await readIncluded(reading, { file, at, source: path, constraint: false });
}

async function readPackages(
  reading: Reading,
  { text, at, base = "" }: Extract<RequirementSource, { kind: "pkg" }>,
): Promise<void> {
  for (const source of logicalLines(text, reading.env)) {
    await readLine(reading, { at, base, source: { ...source, line: at.line }, constraint: false });
  }
}

interface Include {
  file: string;
  at: At;
  /** The line that asked for it. */
  source: string;
  constraint: boolean;
}

async function readIncluded(reading: Reading, include: Include): Promise<void> {
  const { file, constraint } = include;
  const key = `${constraint ? "c" : "r"}:${file}`;
  if (reading.open.has(key) || reading.done.has(key)) return;
  const bytes = await readBytes(reading, include);
  if (!reading.out.files.includes(file)) reading.out.files.push(file);
  reading.open.add(key);
  for (const source of logicalLines(decodeRequirements(bytes), reading.env)) {
    const at = { file, line: source.line, column: source.column };
    await readLine(reading, { at, base: dirname(file), source, constraint });
  }
  reading.open.delete(key);
  reading.done.add(key);
}

async function readBytes(reading: Reading, { file, at, source }: Include): Promise<Uint8Array> {
  try {
    return await readFile(join(reading.dir, file));
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "EISDIR" && errno(e) !== "ENOTDIR" && errno(e) !== "EACCES") throw e;
    const problem = errno(e) === "EISDIR" ? "is a folder" : errno(e) === "EACCES" ? "can't be read" : "is not there";
    throw lineError({
      code: "MANIFEST_FILE_MISSING",
      at,
      problem: `requirement file ${file} ${problem}`,
      source,
      hint: "Paths are relative to the file that names them; those in runtime.yaml to its folder.",
    });
  }
}

async function readLine(reading: Reading, line: Line): Promise<void> {
  try {
    const { requirement, options } = splitLine(line.source.text);
    if (requirement === "") await applyOptions(reading, line, options);
    else addRequirement(reading, line, requirement, options);
  } catch (e) {
    throw explained(e, line);
  }
}

function explained(e: unknown, line: Line): unknown {
  const hint = e instanceof RequirementError ? e.hint : "See pip's requirement file format.";
  if (!(e instanceof RequirementError) && !(e instanceof OptionError)) return e;
  return lineError({
    code: "MANIFEST_REQUIREMENT",
    at: line.at,
    problem: e.message,
    source: line.source.written,
    hint,
  });
}

function addRequirement(reading: Reading, line: Line, text: string, options: Option[]): void {
  const written = line.source.written.split(/\s--?[a-zA-Z]/)[0] ?? "";
  const parsed = parseRequirement(text, written);
  const hashes = options.filter(({ name }) => name === "--hash").map(({ value }) => value.toLowerCase());
  const ignored = options.filter(({ name }) => name !== "--hash").map(({ name }) => name);
  if (ignored.length > 0) warn(reading, line, `${ignored.join(", ")} has no effect on a lock and is left out`);
  const bad = hashes.find((hash) => !/^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/.test(hash));
  if (bad)
    throw new RequirementError(`"${bad}" is not a hash that pip accepts`, "Write --hash=sha256:<64 hex digits>.");
  const target = line.constraint ? reading.out.constraints : reading.out.requirements;
  target.push({ ...parsed, hashes: [...hashes, ...parsed.hashes], at: line.at, ...writtenSecrets(written) });
}

/** pip: the first -r or -c of a line is all that counts in it. */
async function applyOptions(reading: Reading, line: Line, options: Option[]): Promise<void> {
  const include =
    options.find(({ name }) => name === "--requirement") ?? options.find(({ name }) => name === "--constraint");
  if (include) return await applyInclude(reading, line, include);
  const editable = options.find(({ name }) => name === "--editable");
  if (editable) throw editableError(editable.value);
  for (const option of options) await applyOption(reading, line, option);
}

async function applyInclude(reading: Reading, line: Line, { name, value }: Option): Promise<void> {
  if (/^(https?|file):/i.test(value)) {
    throw new RequirementError(
      "a requirement file is read from the runtime's folder only",
      "Save it beside runtime.yaml and name that file.",
    );
  }
  const source = line.source.written;
  const file = await insidePath(reading.dir, { path: value, at: line.at, source, base: line.base });
  await readIncluded(reading, { file, at: line.at, source, constraint: name === "--constraint" });
}

async function applyOption(reading: Reading, line: Line, { name, value }: Option): Promise<void> {
  const { index } = reading.out;
  if (hasSecret(line.source.written)) throw secretInFile("~/.netrc or the index settings of your own pip");
  if (name === "--index-url") index.indexUrl = value;
  else if (name === "--extra-index-url") index.extraIndexUrls.push(value);
  else if (name === "--no-index") index.noIndex = true;
  else if (name === "--find-links") index.findLinks.push(await findLinksPath(reading.dir, line.base, value));
  else if (name === "--trusted-host") index.trustedHosts.push(value);
  else if (name === "--pre") index.pre = true;
  else if (name === "--no-binary") index.noBinary.push(...splitNames(value));
  else if (name === "--only-binary") index.onlyBinary.push(...splitNames(value));
  else if (!["--require-hashes", "--prefer-binary"].includes(name)) warn(reading, line, `${name} is ignored`);
}

const splitNames = (value: string) => value.split(/[\s,]+/).filter((name) => name !== "");

const warn = (reading: Reading, line: Line, text: string) => reading.out.warnings.push(`${placeOf(line.at)}: ${text}`);
