/** From an environment back to what it is made of, by a version that has it. Tests: test/e2e/drift.test.ts */
import type { Ctx } from "#core/context.ts";
import { versionsByKey } from "#core/env/pointer-index.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { usableRecipe } from "#core/env/usable-recipe.ts";
import { readVersionIfAny } from "#core/store/versions.ts";

/** undefined when no version that is still here has this environment. */
export async function recipeOfKey(ctx: Ctx, key: string): Promise<Recipe | undefined> {
  for (const id of (await versionsByKey(ctx)).get(key) ?? []) {
    const version = await readVersionIfAny(ctx, id);
    if (version) return await usableRecipe(ctx, version);
  }
  return undefined;
}
