/**
 * What py-rattler linked into a staging prefix, package by package as members of an image, as if it had been linked at the
 * image's prefix. Nothing of this machine stays. Tests: test/e2e/dockerize-conda.test.ts
 */
import { lstat, readFile, readlink } from "node:fs/promises";
import * as v from "valibot";
import type { CondaRecord } from "#core/conda/record.ts";
import type { Distribution } from "#core/docker/distributions.ts";
import { PREFIX } from "#core/docker/image-layout.ts";
import { fileEntry, type LayerEntry, linkEntry, textEntry } from "#core/docker/layer-entry.ts";
import { type Move, movedBinary, movedText } from "#core/docker/moved-prefix.ts";
import { canonicalJson } from "#core/platform/digest.ts";

const PathSchema = v.looseObject({
  _path: v.string(),
  path_type: v.string(),
  file_mode: v.optional(v.string()),
  prefix_placeholder: v.optional(v.nullable(v.string())),
});
const MetaSchema = v.looseObject({
  files: v.array(v.string()),
  paths_data: v.looseObject({ paths: v.array(PathSchema) }),
});

type PathData = v.InferOutput<typeof PathSchema>;
type Meta = v.InferOutput<typeof MetaSchema>;

const ENTRY_POINT = "unix_python_entry_point";

/** Each record's files and its note in `conda-meta`. */
export async function readCondaPackages(prefix: string, records: readonly CondaRecord[]): Promise<Distribution[]> {
  return await Promise.all(records.map((record) => readPackage({ from: prefix, to: PREFIX }, record)));
}

async function readPackage(move: Move, record: CondaRecord): Promise<Distribution> {
  const name = `${record.name}-${record.version}-${record.build}`;
  const note = `conda-meta/${name}.json`;
  const meta = v.parse(MetaSchema, JSON.parse(await readFile(`${move.from}/${note}`, "utf8")));
  const facts = new Map(meta.paths_data.paths.map((path) => [path._path, path]));
  const kept = meta.files.filter((path) => !/(^|\/)__pycache__\/|\.pyc$/.test(path));
  const entries = await Promise.all(kept.map((path) => memberOf(move, path, facts.get(path))));
  entries.push(textEntry(`${PREFIX}/${note}`, noteText(meta, record)));
  return { name, size: entries.reduce((sum, entry) => sum + entry.size, 0), entries };
}

async function memberOf(move: Move, path: string, facts: PathData | undefined): Promise<LayerEntry> {
  const source = `${move.from}/${path}`;
  const target = `${move.to}/${path}`;
  const info = await lstat(source);
  const { size, mode } = info;
  if (info.isSymbolicLink()) return linkEntry(target, (await readlink(source)).replaceAll(move.from, move.to));
  if (!facts || !namesPrefix(facts)) return fileEntry(target, { source, size, mode });
  if (facts.file_mode !== "binary") {
    return textEntry(target, movedText(await readFile(source), move), mode & 0o111 ? 0o755 : 0o644);
  }
  // Programs can be large: changed when they are packed, not before.
  return { ...fileEntry(target, { source, size, mode }), open: () => movedLater(source, move), from: undefined };
}

const namesPrefix = ({ prefix_placeholder: placeholder, path_type: kind }: PathData) =>
  Boolean(placeholder) || kind === ENTRY_POINT;

async function* movedLater(source: string, move: Move): AsyncGenerator<Uint8Array> {
  yield movedBinary(await readFile(source), move);
}

/** As conda tools read it, without the builder's folders and logins, and without hashes of files that were changed. */
function noteText(meta: Meta, { url, channel }: CondaRecord): string {
  const { extracted_package_dir: _, link: __, package_tarball_full_path: ___, ...rest } = meta;
  const paths = meta.paths_data.paths.map((path) => (namesPrefix(path) ? withoutHashes(path) : path));
  return `${canonicalJson({ ...rest, url, channel, paths_data: { ...meta.paths_data, paths } })}\n`;
}

/** An entry point was made for the staging prefix, so even its own hash and size are those of another file. */
function withoutHashes({ sha256_in_prefix: _, ...path }: PathData): Record<string, unknown> {
  if (path.path_type !== ENTRY_POINT) return path;
  const { sha256: __, size_in_bytes: ___, ...rest } = path;
  return rest;
}
