/**
 * What setuptools installed before there were wheels: egg-info folders and files, eggs on the path, links to projects in
 * development. Nothing is run. Tests: test/unit/core/venv/distributions.test.ts
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "pathe";
import { errno } from "#core/errors.ts";
import { normalizeName } from "#core/lock/wheel-name.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import type { Distribution } from "#core/venv/distribution.ts";
import { type Metadata, parseMetadata } from "#core/venv/metadata.ts";

/** A folder (setuptools) or a single file (distutils). */
export async function readEggInfo(site: string, info: string): Promise<Distribution | undefined> {
  const text = (await textAt(`${site}/${info}/PKG-INFO`)) ?? (await textAt(`${site}/${info}`));
  const metadata = text === undefined ? undefined : parseMetadata(text);
  return metadata && found(site, info, metadata);
}

/** An egg counts where a `.pth` file puts it on the path; of a zipped one the name says what there is to know. */
export async function readEgg(
  site: string,
  egg: string,
  onPath: ReadonlySet<string>,
): Promise<Distribution | undefined> {
  if (!onPath.has(egg)) return undefined;
  const text = await textAt(`${site}/${egg}/EGG-INFO/PKG-INFO`);
  const metadata = text === undefined ? namedBy(egg) : parseMetadata(text);
  return metadata && found(site, text === undefined ? egg : `${egg}/EGG-INFO`, metadata);
}

/** The eggs that the `.pth` files of a folder put on the path. */
export async function eggsOnPath(site: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  if (!names.some((name) => name.endsWith(".egg"))) return new Set();
  const texts = names.filter((name) => name.endsWith(".pth")).map((name) => readTextIfAny(`${site}/${name}`));
  const lines = (await Promise.all(texts)).flatMap((text) => (text ?? "").split(/\r?\n/));
  const places = lines.map((line) => join(site, line.trim())).filter((place) => place.startsWith(`${site}/`));
  return new Set(places.map((place) => place.slice(site.length + 1)));
}

/** `setup.py develop`: the folder whose egg-info says the rest, and the way from there to the project. */
export async function readEggLink(site: string, info: string): Promise<Distribution | undefined> {
  const [folder = "", way = "."] = ((await readTextIfAny(`${site}/${info}`)) ?? "").split(/\r?\n/).map((l) => l.trim());
  if (folder === "") return undefined;
  const name = info.slice(0, -".egg-link".length);
  const text = await readTextIfAny(`${folder}/${name.replace(/-/g, "_")}.egg-info/PKG-INFO`);
  const metadata = text === undefined ? undefined : parseMetadata(text);
  const direct = { url: Bun.pathToFileURL(resolve(folder, way)).href, dir_info: { editable: true } };
  return { ...found(site, info, metadata ?? bare(name, "0")), direct };
}

const found = (site: string, info: string, metadata: Metadata): Distribution => ({
  ...metadata,
  ...{ key: normalizeName(metadata.name), site, info, direct: undefined, installer: "" },
});

const bare = (name: string, version: string): Metadata => ({ name, version, requires: [], requiresPython: undefined });

/** `name-version-py3.11.egg`, where a dash of either is an underscore. */
function namedBy(egg: string): Metadata | undefined {
  const [name = "", version = ""] = egg.slice(0, -".egg".length).split("-");
  return name === "" || version === "" ? undefined : bare(name, version.replaceAll("_", "-"));
}

/** undefined where there is no file, be it that the path leads through one. */
async function textAt(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (e) {
    if (errno(e) !== "EISDIR" && errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    return undefined;
  }
}
