/**
 * What is installed in a site-packages folder, read from `*.dist-info` (and the older forms of eggs.ts) alone.
 * Nothing is run, nothing is written. Tests: test/unit/core/venv/distributions.test.ts
 */
import { readdir, stat } from "node:fs/promises";
import { normalizeName } from "#core/lock/wheel-name.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { type Distribution, parseDirectUrl } from "#core/venv/distribution.ts";
import { eggsOnPath, readEgg, readEggInfo, readEggLink } from "#core/venv/eggs.ts";
import { parseMetadata } from "#core/venv/metadata.ts";

/** All distributions; the same name twice stays twice, what Python finds first before the other. */
export async function readDistributions(sites: readonly string[]): Promise<Distribution[]> {
  const found = await Promise.all(sites.map(readSite));
  return found.flat();
}

async function readSite(site: string): Promise<Distribution[]> {
  const names = (await readdir(site)).sort();
  const eggs = await eggsOnPath(site, names);
  const found = await Promise.all(names.map((name) => readOne(site, name, eggs)));
  return await lastInstalledFirst(found.flatMap((one) => one ?? []));
}

/** Of two in one folder the later one has overwritten the files of the other. */
async function lastInstalledFirst(found: Distribution[]): Promise<Distribution[]> {
  if (new Set(found.map(({ key }) => key)).size === found.length) return found;
  const timed = found.map(async (one) => ({ one, at: (await stat(`${one.site}/${one.info}`)).mtimeMs }));
  const order = (await Promise.all(timed)).sort((a, b) =>
    a.one.key < b.one.key ? -1 : a.one.key > b.one.key ? 1 : b.at - a.at,
  );
  return order.map(({ one }) => one);
}

async function readOne(site: string, name: string, eggs: ReadonlySet<string>): Promise<Distribution | undefined> {
  // pip renames what it is about to remove to "~…" and sometimes leaves it behind.
  if (name.startsWith("~")) return undefined;
  if (name.endsWith(".dist-info")) return await readDistInfo(site, name);
  if (name.endsWith(".egg-info")) return await readEggInfo(site, name);
  if (name.endsWith(".egg")) return await readEgg(site, name, eggs);
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
  return { ...metadata, key, site, info, direct: parseDirectUrl(direct), installer: installer?.trim() ?? "" };
}
