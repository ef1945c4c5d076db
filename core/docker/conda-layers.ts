/**
 * The conda packages of a runtime for an image's platform: linked by py-rattler into a staging prefix, without a solve and
 * without running their scripts. Tests: test/e2e/dockerize-conda.test.ts
 */
import { type ExplicitLock, parseExplicit } from "#core/conda/explicit-lock.ts";
import { installRecords } from "#core/conda/install.ts";
import { subdirOf } from "#core/conda/platform.ts";
import type { Ctx } from "#core/context.ts";
import { readCondaPackages } from "#core/docker/conda-packages.ts";
import type { Distribution } from "#core/docker/distributions.ts";
import { PREFIX } from "#core/docker/image-layout.ts";
import type { Target } from "#core/docker/install-target.ts";
import { RATTLER_VERSION } from "#core/engines/rattler.ts";
import { carriedRecords } from "#core/env/carried-conda.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { SwError } from "#core/errors.ts";
import { readBlobText } from "#core/store/blobs.ts";

export const condaLock = async (ctx: Ctx, recipe: Recipe): Promise<ExplicitLock> =>
  parseExplicit(await readBlobText(ctx, recipe.conda ?? ""));

/** Everything that the bytes of the packages depend on. */
export const condaKey = (recipe: Recipe, { platform }: Target) => ({
  conda: recipe.conda,
  platform: platform.name,
  rattler: RATTLER_VERSION,
});

/** Linked below `dir`, which is the caller's to remove. @throws SwError IMAGE_FAILED on a base with musl */
export async function condaPackages(
  ctx: Ctx,
  { recipe, target }: { recipe: Recipe; target: Target },
  dir: string,
): Promise<Distribution[]> {
  if (target.libc.kind === "musl") {
    throw new SwError("IMAGE_FAILED", "the base image has musl, and conda packages need glibc", {
      hint: "Name another one with --base-image, or environment.docker.image in the runtime.yaml.",
    });
  }
  const lock = await condaLock(ctx, recipe);
  const subdir = subdirOf(target.platform.lock);
  const records = lock.platforms[subdir] ?? [];
  const prefix = stagingPrefix(dir);
  const local = await carriedRecords(ctx, records, recipe.carried ?? []);
  await installRecords(ctx, { prefix, lock, subdir, runScripts: false, ...local });
  const packages = await readCondaPackages(prefix, records);
  sayScripts(ctx, packages);
  return packages;
}

/** Not shorter than the image's, which takes its place in programs. */
function stagingPrefix(dir: string): string {
  const prefix = `${dir}/prefix`;
  return prefix.length >= PREFIX.length ? prefix : `${prefix}${"-".repeat(PREFIX.length - prefix.length)}`;
}

function sayScripts(ctx: Ctx, packages: readonly Distribution[]): void {
  const names = packages.filter(({ entries }) =>
    entries.some(({ path }) => /\/bin\/\.[^/]+-post-link\.sh$/.test(path)),
  );
  if (names.length === 0) return;
  ctx.report.warn(`post-link scripts are not run for an image: ${names.map(({ name }) => name).join(", ")}`);
}
