/**
 * Checks the records of versions: readable, and for our own versions what their id says. A damaged one goes to
 * quarantine. Tests: test/e2e/doctor.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { identityOf } from "#core/manifest/package-manifest.ts";
import { parseManifest } from "#core/manifest/parse-manifest.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { readBlobText } from "#core/store/blobs.ts";
import { carriedId, readCarriedAt } from "#core/store/carried-files.ts";
import { quarantine } from "#core/store/check-blobs.ts";
import { readVersionIfAny, type Version, versionId, versionPath } from "#core/store/tree-records.ts";

export interface CheckedTrees {
  versions: Map<string, Version>;
  damaged: { id: string; quarantined: string; why: string }[];
  /** Records of what bundles brought that could not be read. */
  damagedRecords: CheckedTrees["damaged"];
  /** Digest → ids of the versions that hold it. */
  users: Map<string, string[]>;
  /** Digest → files beside the records that name it (resolutions of unlocked packages, what bundles brought). */
  resolutions: Map<string, string[]>;
}

export async function checkTrees(ctx: Ctx): Promise<CheckedTrees> {
  const checked: CheckedTrees = {
    versions: new Map(),
    damaged: [],
    damagedRecords: [],
    users: new Map(),
    resolutions: new Map(),
  };
  for (const folder of await namesIn(ctx.paths.trees)) {
    for (const name of await namesIn(`${ctx.paths.trees}/${folder}`)) {
      const id = /^([a-z2-7]{4,80})\.json$/.exec(name)?.[1];
      if (id !== undefined) await checkTree(ctx, id, checked);
      else if (
        name.endsWith(".resolved.json") ||
        (await isReadable(ctx, `${ctx.paths.trees}/${folder}/${name}`, checked))
      )
        await noteResolution(`${ctx.paths.trees}/${folder}/${name}`, checked);
    }
  }
  return checked;
}

async function checkTree(ctx: Ctx, id: string, checked: CheckedTrees): Promise<void> {
  try {
    const version = await readVersionIfAny(ctx, id);
    if (!version) return;
    if (version.id !== id) throw new SwError("STORE_DAMAGED", `it says it is ${version.id}`);
    checked.versions.set(id, version);
    for (const digest of digestsOf(version)) add(checked.users, digest, id);
  } catch (e) {
    if (!(e instanceof SwError) || e.code !== "STORE_DAMAGED") throw e;
    checked.damaged.push({ id, quarantined: await quarantine(ctx, versionPath(ctx, id)), why: e.message });
  }
}

export const digestsOf = (version: Version): string[] => [
  ...new Set([version.manifest, ...version.entries.flatMap((entry) => entry.sha256 ?? [])]),
];

/** A later look: our own ids are digests of what the version is, once its manifest can be read. */
export async function isAltered(ctx: Ctx, version: Version): Promise<boolean> {
  const manifest = parseManifest(await readBlobText(ctx, version.manifest));
  if (manifest.version !== version.id) return true;
  return manifest.swcli !== undefined && versionId(version.entries, identityOf(manifest)) !== version.id;
}

/** Of what a bundle brought; one that can't be read is set aside. */
async function isReadable(ctx: Ctx, path: string, checked: CheckedTrees): Promise<boolean> {
  const id = carriedId(path);
  if (id === undefined) return false;
  try {
    await readCarriedAt(path);
    return true;
  } catch (e) {
    if (!(e instanceof SwError) || e.code !== "STORE_DAMAGED") throw e;
    checked.damagedRecords.push({ id, quarantined: await quarantine(ctx, path), why: e.message });
    return false;
  }
}

async function noteResolution(path: string, checked: CheckedTrees): Promise<void> {
  const text = (await readTextIfAny(path)) ?? "";
  for (const [digest] of text.matchAll(/\b[0-9a-f]{64}\b/g)) add(checked.resolutions, digest, path);
}

function add(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
