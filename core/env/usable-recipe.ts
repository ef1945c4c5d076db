/**
 * The recipe of a version as this machine can follow it: for this platform, with what bundles brought, and resolved now
 * where the package holds no lock. Tests: test/e2e/activate-first.test.ts, test/unit/core/env/unlocked.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type Recipe, readManifest, recipeOf } from "#core/env/recipe.ts";
import { refuseImage } from "#core/env/refuse-image.ts";
import { unlockedRecipe } from "#core/env/unlocked.ts";
import { unlockedConda } from "#core/env/unlocked-conda.ts";
import { SwError } from "#core/errors.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { readCarried } from "#core/store/carried-files.ts";
import type { Version } from "#core/store/versions.ts";

/** @throws SwError PLATFORM_NOT_COVERED, RUNTIME_IS_IMAGE, and what a resolution throws */
export async function usableRecipe(ctx: Ctx, version: Version): Promise<Recipe> {
  refuseImage(await readManifest(ctx, version));
  const recipe = { ...(await recipeOf(ctx, version)), carried: await readCarried(ctx, version.id) };
  const platform = thisPlatform();
  if (recipe.platforms.length > 0 && !recipe.platforms.includes(platform)) throw notCovered(recipe, platform);
  if (recipe.mode === "conda" && !recipe.conda) return await unlockedConda(ctx, version, recipe);
  return recipe.locked ? recipe : await unlockedRecipe(ctx, version, recipe);
}

const notCovered = (recipe: Recipe, platform: string) =>
  new SwError(
    "PLATFORM_NOT_COVERED",
    `this runtime is locked for ${recipe.platforms.join(", ")}, not for ${platform}`,
    {
      hint: "Build it again on this kind of machine, or name the platform under environment.arch.",
      detail: { platforms: recipe.platforms },
    },
  );
