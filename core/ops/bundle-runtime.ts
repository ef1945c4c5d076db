/**
 * `runtime bundle URI --file FILE`: one file with the package and everything that its lock names, for machines without a
 * network. Plan, fetch, write. Tests: test/e2e/bundle.test.ts, test/e2e/bundle-hard.test.ts
 */

import { stat } from "node:fs/promises";
import { resolve } from "pathe";
import type { BundleFile } from "#core/bundle/bundle-index.ts";
import { fetchFile } from "#core/bundle/fetch-file.ts";
import { indexLogins, type Logins } from "#core/bundle/logins.ts";
import { planConda } from "#core/bundle/plan-conda.ts";
import { type Planned, type PlannedFile, planWheels } from "#core/bundle/plan-wheels.ts";
import { bundleStream } from "#core/bundle/write-bundle.ts";
import { indexSettings } from "#core/config/index-settings.ts";
import { type Ctx, withCtx } from "#core/context.ts";
import { explicitIndex, type Recipe, readManifest, recipeOf } from "#core/env/recipe.ts";
import { refuseImage } from "#core/env/refuse-image.ts";
import { SwError } from "#core/errors.ts";
import { type PlatformName, platformNamed, thisPlatform } from "#core/lock/platforms.ts";
import { localUri, resolveLocal } from "#core/ops/target.ts";
import { expandHome } from "#core/platform/paths.ts";
import { amount } from "#core/report.ts";
import { blobPath, readBlobText } from "#core/store/blobs.ts";
import { readCarried } from "#core/store/carried-files.ts";
import { readVersion, type Version } from "#core/store/versions.ts";
import { inParallel } from "#core/transfer/in-parallel.ts";
import { requireFolder, writeNewFile } from "#core/transfer/new-file.ts";
import { transferMeter } from "#core/transfer/progress.ts";

export interface BundleParams {
  uri: string;
  file: string;
  /** None: all that the lock covers. */
  platforms: readonly string[];
  force: boolean;
}

/** @throws EXISTS, PLATFORM_NOT_COVERED, HASH_MISMATCH, LOCK_FAILED, TRANSFER_FAILED; no file is made then */
export async function bundleRuntime(ctx: Ctx, params: BundleParams) {
  const file = resolve(ctx.cwd, expandHome(ctx.env, params.file));
  await checkTarget(file, params.force);
  const { ref, version: entry } = await resolveLocal(ctx, params.uri);
  const version = await readVersion(ctx, entry.id);
  const recipe = await lockedRecipe(ctx, version);
  const platforms = platformsOf(recipe, params.platforms);
  const files = await fetchAll(ctx, await planAll(ctx, { version, recipe, platforms }));
  const sizes = new Map(
    await Promise.all(files.map(async ({ sha256 }) => [sha256, await sizeOf(ctx, sha256)] as const)),
  );
  const stream = await bundleStream(ctx, version, { index: { platforms, files }, sizes });
  await writeNewFile(ctx, file, { chunks: stream.chunks(), size: stream.size, replace: params.force });
  return {
    file,
    uri: localUri(ref.project, ref.name, version.id),
    name: ref.name,
    version: version.id,
    platforms,
    carried: files.length,
    size: stream.size,
  };
}

/** Better before everything is fetched than after. @throws EXISTS, FILE_NOT_FOUND */
async function checkTarget(file: string, force: boolean): Promise<void> {
  await requireFolder(file);
  const there = await stat(file).catch(() => undefined);
  if (there && !there.isFile()) throw new SwError("EXISTS", `${file} is not a file`);
  if (there && !force) throw new SwError("EXISTS", `${file} exists already`, { hint: "-f replaces it." });
}

const sizeOf = async (ctx: Ctx, sha256: string): Promise<number> => (await stat(blobPath(ctx, sha256))).size;

/** @throws USAGE for one whose packages nobody has pinned */
async function lockedRecipe(ctx: Ctx, version: Version): Promise<Recipe> {
  refuseImage(await readManifest(ctx, version));
  const recipe = await recipeOf(ctx, version);
  const isLocked = recipe.mode === "conda" ? recipe.conda !== undefined : recipe.locked;
  if (isLocked) return recipe;
  throw new SwError("USAGE", "this runtime was built without an exact lock, so there is no list of what to carry", {
    hint: "Build it with swcli, without -del.",
  });
}

/** @throws USAGE, PLATFORM_NOT_COVERED */
function platformsOf({ platforms }: Recipe, asked: readonly string[]): PlatformName[] {
  const covered = platforms.length > 0 ? platforms : [thisPlatform()];
  const named = [...new Set(asked.flatMap((text) => text.split(",")).map(platformNamed))].sort();
  const other = named.find((platform) => !covered.includes(platform));
  if (other === undefined) return named.length > 0 ? named : [...covered];
  throw new SwError("PLATFORM_NOT_COVERED", `this runtime is locked for ${covered.join(", ")}, not for ${other}`, {
    hint: "Name the platform under environment.arch and build it again.",
    detail: { platforms: covered },
  });
}

interface Plan extends Planned {
  logins: Logins;
  /** How the user's pip reaches its hosts: proxy, certificates. */
  env: Readonly<Record<string, string>>;
}

interface PlanInput {
  version: Version;
  recipe: Recipe;
  platforms: PlatformName[];
}

async function planAll(ctx: Ctx, { version, recipe, platforms }: PlanInput): Promise<Plan> {
  const settings = await indexSettings(ctx, explicitIndex(recipe));
  const common = { platforms, settings, carried: await readCarried(ctx, version.id) };
  ctx.report.progress({ step: "plan", text: `Looking for the files of the lock (${platforms.join(", ")})` });
  const text = recipe.requirements === undefined ? "" : await readBlobText(ctx, recipe.requirements);
  const wheels = await planWheels(ctx, { ...common, text, minor: recipe.python, folder: "wheels" });
  const conda =
    recipe.conda === undefined
      ? undefined
      : await planConda(ctx, { ...common, text: await readBlobText(ctx, recipe.conda) });
  const vcs = recipe.vcs === undefined ? [] : vcsWarnings(await readBlobText(ctx, recipe.vcs));
  return {
    files: [...wheels.files, ...(conda?.files ?? [])],
    warnings: [...vcs, ...wheels.warnings, ...(conda?.warnings ?? [])],
    logins: await indexLogins(ctx, settings, conda?.logins),
    env: settings.env,
  };
}

function vcsWarnings(text: string): string[] {
  const names = text.split("\n").flatMap((line) => /^([A-Za-z0-9][\w.-]*) @ /.exec(line)?.[1] ?? []);
  return names.map(
    (name) =>
      `${name} comes from a repository and is not carried: restoring needs that repository, unless the runtime is built with a wheel of it under dependencies`,
  );
}

const AT_ONCE = 6;

async function fetchAll(client: Ctx, { files, warnings, logins, env }: Plan): Promise<BundleFile[]> {
  const ctx = withCtx(client, { env: { ...client.env, ...env } });
  for (const line of warnings) ctx.report.warn(line);
  const meter = transferMeter(ctx, { step: "fetch", text: `Fetching ${amount(files.length, "file")} of the lock` });
  const fetched = new Map<PlannedFile, string>();
  await inParallel(files, AT_ONCE, async (file) => {
    const { sha256 } = await fetchFile(ctx, file.want, { logins, moved: (bytes) => meter.add(bytes) });
    fetched.set(file, sha256);
  });
  meter.end();
  return files
    .map((file) => ({ path: file.path, sha256: fetched.get(file) ?? "", for: file.for }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
