/**
 * Makes the packages of an environment once more in a scratch folder, so that single files can be taken from there: from
 * the caches, or, where those are damaged too, of some distributions anew into caches that nobody else has.
 * Tests: test/e2e/drift.test.ts, test/e2e/drift-conda.test.ts
 */
import { parseExplicit } from "#core/conda/explicit-lock.ts";
import { installRecords } from "#core/conda/install.ts";
import { subdirOf } from "#core/conda/platform.ts";
import type { CondaRecord } from "#core/conda/record.ts";
import { type Ctx, withCtx } from "#core/context.ts";
import { runUv } from "#core/engines/uv.ts";
import { installPip } from "#core/env/build-venv.ts";
import { carriedRecords } from "#core/env/carried-conda.ts";
import { placeGuard, placeSmallPip } from "#core/env/guard.ts";
import type { Marker } from "#core/env/marker.ts";
import type { Owner } from "#core/env/owners.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { SwError } from "#core/errors.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { normalizeName } from "#core/lock/wheel-name.ts";
import { readBlobText } from "#core/store/blobs.ts";

export interface Remake {
  readonly marker: Marker;
  readonly recipe: Recipe;
  /** A path that is not there yet. */
  readonly scratch: string;
}

/** Names of distributions as their makers know them: normalized for pip. */
export interface Only {
  readonly pip: ReadonlySet<string>;
  readonly conda: ReadonlySet<string>;
}

/** All of it, without network. False where something is not here. */
export async function remakeFromCaches(ctx: Ctx, remake: Remake): Promise<boolean> {
  const offline = withCtx(ctx, { env: { ...ctx.env, UV_OFFLINE: "1" } });
  return await isMade(async () => await make(offline, remake));
}

/** Some of it, fetched again. False where it can't be had. */
export async function remakeAnew(ctx: Ctx, remake: Remake, only: Only): Promise<boolean> {
  const cache = `${remake.scratch}.cache`;
  const own = withCtx(ctx, { env: { ...ctx.env, UV_CACHE_DIR: `${cache}/uv` } });
  return await isMade(async () => await make(own, remake, { only, cacheDir: `${cache}/conda` }));
}

/** Whether the version or a bundle brought the package itself. */
export function holdsPackage({ wheels, carried = [] }: Recipe, owner: Owner | undefined): boolean {
  if (owner === undefined) return false;
  const [name = ""] = owner.distribution.split(" ");
  const files = carried.map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  const isOf = (file: string) => normalizeName(file.split("-")[0] ?? "") === normalizeName(name);
  if (owner.by === "conda")
    return files.some((file) => file.startsWith(`${name}-`) && /\.(conda|tar\.bz2)$/.test(file));
  return [...wheels.map((wheel) => wheel.name), ...files].some((file) => file.endsWith(".whl") && isOf(file));
}

async function isMade(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (e) {
    if (!(e instanceof SwError) || e.code === "CANCELLED") throw e;
    return false;
  }
}

interface Anew {
  only: Only;
  cacheDir: string;
}

async function make(ctx: Ctx, remake: Remake, anew?: Anew): Promise<void> {
  const { marker, recipe, scratch } = remake;
  if (marker.mode === "conda") await makeConda(ctx, remake, anew);
  else await makeVenv(ctx, marker.python.path, scratch);
  if (!anew || anew.only.pip.size > 0) await installPip(ctx, scratch, recipe, anew?.only.pip);
  placeGuard(scratch);
  placeSmallPip(scratch, marker.python.version);
}

async function makeVenv(ctx: Ctx, python: string, scratch: string): Promise<void> {
  const made = await runUv(ctx, ["venv", "--quiet", "--no-project", "--python", python, scratch]);
  if (made.exitCode !== 0) throw new SwError("ENV_BUILD_FAILED", made.stderr);
}

/** With the environment's own path in the files; its Python comes along, by which the others find their place. */
async function makeConda(ctx: Ctx, { marker, recipe, scratch }: Remake, anew: Anew | undefined): Promise<void> {
  const all = await condaRecords(ctx, recipe);
  const records = anew ? all.filter(({ name }) => name === "python" || anew.only.conda.has(name)) : all;
  const local = await carriedRecords(ctx, records, recipe.carried ?? []);
  const where = { prefix: scratch, as: marker.prefix, cacheDir: anew?.cacheDir };
  const lock = parseExplicit(await readBlobText(ctx, recipe.conda ?? ""));
  await installRecords(ctx, { ...where, lock, ...local, runScripts: false });
}

/** The conda packages of a recipe on this machine. */
export async function condaRecords(ctx: Ctx, recipe: Recipe): Promise<CondaRecord[]> {
  if (recipe.conda === undefined) return [];
  return parseExplicit(await readBlobText(ctx, recipe.conda)).platforms[subdirOf(thisPlatform())] ?? [];
}
