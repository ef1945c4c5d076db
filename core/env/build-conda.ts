/**
 * A conda environment at its final path: py-rattler links the packages of the exact lock, without a solve, then uv installs
 * what pip had added, then wheels and files. Tests: test/e2e/build-conda.test.ts
 */
import { writeVariables } from "#core/conda/env-variables.ts";
import { type ExplicitLock, parseExplicit } from "#core/conda/explicit-lock.ts";
import { installRecords } from "#core/conda/install.ts";
import { subdirOf } from "#core/conda/platform.ts";
import type { Ctx } from "#core/context.ts";
import { installPip } from "#core/env/build-venv.ts";
import { carriedRecords } from "#core/env/carried-conda.ts";
import { carriedWheels } from "#core/env/carried-wheels.ts";
import { placeFiles } from "#core/env/place-files.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { SwError } from "#core/errors.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { amount } from "#core/report.ts";
import { readBlobText } from "#core/store/blobs.ts";

/** Stands in the key where a venv has its interpreter's build: the lock names the Python, build included. */
export const condaBuild = { build: "conda" };

/** @returns the environment's own Python */
export async function buildConda(
  ctx: Ctx,
  { prefix, recipe }: { prefix: string; recipe: Recipe },
): Promise<{ path: string; version: string }> {
  const lock = parseExplicit(await readBlobText(ctx, recipe.conda ?? ""));
  const records = recordsHere(lock);
  const python = records.find(({ name }) => name === "python");
  ctx.report.progress({
    step: "conda",
    text: `Linking ${amount(records.length, "conda package")}`,
    total: records.length,
  });
  const local = await carriedRecords(ctx, records, recipe.carried ?? []);
  try {
    await installRecords(ctx, { prefix, lock, ...local });
  } catch (e) {
    throw await withPipPart(ctx, recipe, e);
  }
  await installPip(ctx, prefix, recipe);
  await placeFiles(ctx, prefix, recipe.files);
  await writeVariables(prefix, lock.variables);
  return { path: `${prefix}/bin/python`, version: python?.version ?? recipe.python };
}

/** Who has to bring packages by hand wants to know all of them at once. */
async function withPipPart(ctx: Ctx, recipe: Recipe, e: unknown): Promise<unknown> {
  if (!(e instanceof SwError) || e.code !== "OFFLINE" || recipe.requirements === undefined) return e;
  const { missing } = await carriedWheels(ctx, recipe, await readBlobText(ctx, recipe.requirements));
  if (missing.length === 0) return e;
  return new SwError("OFFLINE", `${e.message}; and for pip, unless uv's cache has them: ${missing.join(", ")}`, {
    hint: e.hint,
    detail: { packages: missing },
    cause: e,
  });
}

function recordsHere({ platforms }: ExplicitLock) {
  const subdir = subdirOf(thisPlatform());
  const records = platforms[subdir];
  if (records) return records;
  throw new SwError(
    "PLATFORM_NOT_COVERED",
    `this runtime is locked for ${Object.keys(platforms).join(", ")}, not for ${subdir}`,
    {
      hint: "Build it again on this kind of machine, or name the platform under environment.arch.",
    },
  );
}
