/**
 * What is installed in a site-packages folder, read from `*.dist-info` (and the older `*.egg-info`, `*.egg-link`) alone.
 * Nothing is run, nothing is written. Tests: test/unit/core/venv/distributions.test.ts
 */
import { readdir, readFile } from "node:fs/promises";
import * as v from "valibot";
import { errno } from "#core/errors.ts";
import { normalizeName } from "#core/lock/wheel-name.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { type Metadata, parseMetadata } from "#core/venv/metadata.ts";

/** https://packaging.python.org/en/latest/specifications/direct-url-data-structure/ */
const DirectUrlSchema = v.looseObject({
  url: v.string(),
  subdirectory: v.optional(v.string()),
  vcs_info: v.optional(v.looseObject({ vcs: v.string(), commit_id: v.string() })),
  archive_info: v.optional(
    v.looseObject({ hash: v.optional(v.string()), hashes: v.optional(v.record(v.string(), v.string())) }),
  ),
  dir_info: v.optional(v.looseObject({ editable: v.optional(v.boolean(), false) })),
});

export type DirectUrl = v.InferOutput<typeof DirectUrlSchema>;

export interface Distribution extends Metadata {
  /** Normalised. */
  readonly key: string;
  /** The folder that it lies in, and its dist-info's name there. */
  readonly site: string;
  readonly info: string;
  /** Where it came from, when not from an index. */
  readonly direct: DirectUrl | undefined;
  /** "pip", "uv", "conda", … or "". */
  readonly installer: string;
}

/** All distributions, the first of each folder order first; the same name twice stays twice. */
export async function readDistributions(sites: readonly string[]): Promise<Distribution[]> {
  const found = await Promise.all(sites.map(readSite));
  return found.flat();
}

async function readSite(site: string): Promise<Distribution[]> {
  const names = (await readdir(site)).sort();
  const found = await Promise.all(names.map((name) => readOne(site, name)));
  return found.flatMap((one) => one ?? []);
}

async function readOne(site: string, name: string): Promise<Distribution | undefined> {
  // pip renames what it is about to remove to "~…" and sometimes leaves it behind.
  if (name.startsWith("~")) return undefined;
  if (name.endsWith(".dist-info")) return await readDistInfo(site, name);
  if (name.endsWith(".egg-info")) return await readEggInfo(site, name);
  return name.endsWith(".egg-link") ? await readEggLink(site, name) : undefined;
}

async function readDistInfo(site: string, info: string): Promise<Distribution | undefined> {
  const folder = `${site}/${info}`;
  const [text, direct, installer] = await Promise.all([
    readTextIfAny(`${folder}/METADATA`),
    readTextIfAny(`${folder}/direct_url.json`),
    readTextIfAny(`${folder}/INSTALLER`),
  ]);
  const metadata = text === undefined ? undefined : parseMetadata(text);
  if (!metadata) return undefined;
  const key = normalizeName(metadata.name);
  return { ...metadata, key, site, info, direct: parseDirect(direct), installer: installer?.trim() ?? "" };
}

function parseDirect(text: string | undefined): DirectUrl | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = v.safeParse(DirectUrlSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    // A damaged record says nothing; the package is looked for on the index then.
    return undefined;
  }
}

/** A folder (setuptools) or a single file (distutils). */
async function readEggInfo(site: string, info: string): Promise<Distribution | undefined> {
  const text = (await readTextIfAny(`${site}/${info}/PKG-INFO`)) ?? (await readPlain(`${site}/${info}`));
  const metadata = text === undefined ? undefined : parseMetadata(text);
  if (!metadata) return undefined;
  const key = normalizeName(metadata.name);
  return { ...metadata, key, site, info, direct: undefined, installer: "" };
}

async function readPlain(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (e) {
    if (errno(e) !== "EISDIR" && errno(e) !== "ENOENT") throw e;
    return undefined;
  }
}

/** `setup.py develop`: the first line is the project's folder, whose egg-info says the rest. */
async function readEggLink(site: string, info: string): Promise<Distribution | undefined> {
  const folder = (await readTextIfAny(`${site}/${info}`))?.split(/\r?\n/)[0]?.trim();
  if (!folder) return undefined;
  const name = info.slice(0, -".egg-link".length);
  const text = await readTextIfAny(`${folder}/${name.replace(/-/g, "_")}.egg-info/PKG-INFO`);
  const metadata = text === undefined ? undefined : parseMetadata(text);
  const direct = { url: Bun.pathToFileURL(folder).href, dir_info: { editable: true } };
  const base = metadata ?? { name, version: "0", requires: [], requiresPython: undefined };
  return { ...base, key: normalizeName(base.name), site, info, direct, installer: "" };
}
