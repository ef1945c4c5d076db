/**
 * How an environment has to look, for its record: as it is, where that is what its packages say of themselves. An engine's
 * cache may be damaged (somebody wrote into another environment, which shares its files), and no engine looks.
 * Tests: test/e2e/drift-cache.test.ts
 */
import { lstat } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import type { Marker } from "#core/env/marker.ts";
import { type Owner, readOwners } from "#core/env/owners.ts";
import { placedPaths } from "#core/env/place-files.ts";
import { recipeOfKey } from "#core/env/recipe-of-key.ts";
import { type RecordedFile, readFiles, readOne } from "#core/env/record.ts";
import { repair } from "#core/env/repair.ts";
import type { Difference } from "#core/env/verify.ts";

export interface Certified {
  files: RecordedFile[];
  /** Something is not as its package says, and could not be put right. */
  damaged: boolean;
}

/** Reads all of it, and repairs at once what came damaged. */
export async function certify(ctx: Ctx, marker: Marker): Promise<Certified> {
  const files = await readFiles(ctx, marker.prefix);
  const differ = await differFromPackages(marker, files);
  if (differ.length === 0) return { files, damaged: false };
  const recipe = await recipeOfKey(ctx, marker.key);
  // The runtime's own files may be meant to stand where a package has others.
  const placed = new Set(recipe ? placedPaths(recipe.files) : []);
  const wrong = differ.filter(({ path }) => !placed.has(path));
  const { done, genuine } = await repair(ctx, { marker, recipe, differences: wrong });
  const left = wrong.filter(({ path }) => !done.has(path) && !genuine.has(path));
  for (const { path, owner } of left) ctx.report.warn(`${path} is not as ${owner?.distribution} has it`);
  // What could not be put right is recorded as it should be: a verification names it.
  const should = new Map(left.flatMap(({ path, was }) => (was ? [[path, was] as const] : [])));
  const now = files.map(async (file) => (done.has(file.path) ? await readOne(marker.prefix, file.path) : file));
  return { files: (await Promise.all(now)).map((file) => should.get(file.path) ?? file), damaged: left.length > 0 };
}

async function differFromPackages({ prefix }: Marker, files: readonly RecordedFile[]): Promise<Difference[]> {
  const owners = await readOwners(prefix);
  const wrong: Difference[] = [];
  for (const is of files) {
    const owner = owners.get(is.path);
    if (!owner?.sha256 || [owner.sha256, ...(owner.also ?? [])].includes(is.sha256)) continue;
    if (!(await countsFor(`${prefix}/${is.path}`, owner, is))) continue;
    const was = { ...is, sha256: owner.sha256, size: owner.size ?? is.size };
    wrong.push({ path: is.path, what: "changed", owner, was, is });
  }
  return wrong;
}

/** Links stand for themselves; what conda's scripts wrote anew after the linking is no link to the cache any more. */
async function countsFor(path: string, { by }: Owner, is: RecordedFile): Promise<boolean> {
  if (!/^[0-9a-f]{64}$/.test(is.sha256)) return false;
  return by === "pip" || (await lstat(path)).nlink > 1;
}
