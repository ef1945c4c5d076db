/**
 * `runtime extract`: the content of a version in a folder, to look at, change and build again. An extracted runtime that
 * is there gives way with force; any other folder never does. Tests: test/e2e/extract.test.ts
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, realpath, rename } from "node:fs/promises";
import { dirname, resolve } from "pathe";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { parseManifest } from "#core/manifest/parse-manifest.ts";
import { localUri, resolveLocal } from "#core/ops/target.ts";
import { readTextIfAny, removeTree } from "#core/platform/fs-atomic.ts";
import { expandHome } from "#core/platform/paths.ts";
import { blobPath, readBlobText } from "#core/store/blobs.ts";
import { readVersion, type Version } from "#core/store/versions.ts";
import { extractTree } from "#core/swrt/extract-package.ts";
import { MANIFEST_NAME, withStandardFolders } from "#core/swrt/package-tree.ts";

export interface ExtractParams {
  uri: string;
  targetDir?: string;
  force: boolean;
}

/** @throws EXISTS when the folder holds anything and may not be replaced */
export async function extractRuntime(ctx: Ctx, params: ExtractParams) {
  const { ref, version: entry } = await resolveLocal(ctx, params.uri);
  const version = await readVersion(ctx, entry.id);
  const place = { project: ref.project, name: ref.name, id: version.id };
  const path = params.targetDir
    ? resolve(ctx.cwd, expandHome(ctx.env, params.targetDir))
    : `${ctx.paths.root}/${place.project}/workdir/runtime/${place.name}/${place.id.slice(0, 2)}/${place.id}`;
  const work = async () => await extractVersion(ctx, version, path);
  if (await isFree(path)) await work();
  else await replaceExtracted(path, params.force, work);
  return { path, uri: localUri(place.project, place.name, place.id), name: place.name, version: place.id };
}

async function extractVersion(ctx: Ctx, version: Version, dir: string): Promise<void> {
  const manifestText = await readBlobText(ctx, version.manifest);
  const entries = withStandardFolders(version.entries);
  await extractTree(ctx, { manifestText, entries }, { dir, blobPath: (sha256) => blobPath(ctx, sha256) });
}

async function isFree(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0;
  } catch (e) {
    if (errno(e) === "ENOENT") return true;
    if (errno(e) !== "ENOTDIR") throw e;
    throw new SwError("EXISTS", `${path} is not a folder`, { hint: "Name another folder with --target-dir." });
  }
}

/** The old one steps aside until the new one is whole, and comes back when that fails. */
async function replaceExtracted(path: string, force: boolean, work: () => Promise<void>): Promise<void> {
  const old = await realpath(path);
  await refuseForeignFolder(old);
  if (!force) {
    throw new SwError("EXISTS", `${path} holds an extracted runtime already`, {
      hint: "-f replaces it and what was changed there; --target-dir names another folder.",
      detail: { path },
    });
  }
  const aside = `${dirname(old)}/.swcli-replaced-${randomBytes(6).toString("hex")}`;
  await rename(old, aside);
  try {
    await work();
  } catch (e) {
    if (await isFree(old)) await removeTree(old);
    await rename(aside, old);
    throw e;
  }
  await removeTree(aside);
}

/** @throws EXISTS for whatever we did not extract, or where the Python client keeps an environment */
async function refuseForeignFolder(path: string): Promise<void> {
  const hint = "It stays as it is; name another folder with --target-dir.";
  if (!(await isExtracted(path))) {
    throw new SwError("EXISTS", `${path} is not empty and holds no extracted runtime`, { hint, detail: { path } });
  }
  if (existsSync(`${path}/export`)) {
    throw new SwError("EXISTS", `${path} is in use by another client (it holds export/)`, { hint, detail: { path } });
  }
}

async function isExtracted(path: string): Promise<boolean> {
  const text = await readTextIfAny(`${path}/${MANIFEST_NAME}`);
  if (text === undefined || !existsSync(`${path}/runtime.yaml`)) return false;
  try {
    parseManifest(text);
    return true;
  } catch (e) {
    if (!(e instanceof SwError)) throw e;
    // Extracted by a newer swcli: still an extracted runtime.
    return e.code === "FORMAT_TOO_NEW";
  }
}
