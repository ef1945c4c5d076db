/**
 * Conda packages without an exact lock (built with `-del`, or by the Python client). Tests: test/e2e/build-conda.test.ts
 */
import type { Ctx } from "#core/context.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { SwError } from "#core/errors.ts";
import type { Version } from "#core/store/versions.ts";

export async function unlockedConda(_ctx: Ctx, version: Version, _recipe: Recipe): Promise<Recipe> {
  throw new SwError("NOT_YET", `version ${version.id.slice(0, 12)} holds no exact conda lock`, {
    hint: "Build the runtime again with this swcli.",
  });
}
