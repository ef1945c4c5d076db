/**
 * The key of an environment: equal keys mean equal environments, so one is shared by all that have it (docs/disk.md,
 * "Keys"). Tests: test/unit/core/env/key.test.ts
 */
import type { Recipe } from "#core/env/recipe.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { canonicalJson, sha256Hex } from "#core/platform/digest.ts";
import type { Python } from "#core/python/find.ts";

/** Grows when the same inputs would give another environment. */
export const ENV_FORMAT = 1;

/** 32 hex digits: short enough for shebang lines under deep roots. */
export function envKey(recipe: Recipe, python: Pick<Python, "build">, lockDigests: readonly string[]): string {
  const parts = {
    format: ENV_FORMAT,
    mode: recipe.mode,
    platform: thisPlatform(),
    python: python.build,
    lock: lockDigests,
    wheels: recipe.wheels,
    files: recipe.files,
  };
  return sha256Hex(canonicalJson(parts)).slice(0, 32);
}
