/**
 * Makes an image from a runtime's dependencies by the engine that can: direct where nothing has to run and the base image
 * can be read, else buildx. The choice and its reason are one line. Tests: test/e2e/dockerize.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type BaseImage, basePlatform } from "#core/docker/base-image.ts";
import { builderProblem } from "#core/docker/buildx-builder.ts";
import { condaLock } from "#core/docker/conda-layers.ts";
import { deliverDirect } from "#core/docker/deliver-direct.ts";
import { buildDirect, type DirectImage } from "#core/docker/direct-engine.ts";
import { type ImagePlan, imagePlan } from "#core/docker/image-plan.ts";
import { directResult, type ImageResult, imageResult } from "#core/docker/image-result.ts";
import { type Recipe, recipeOf } from "#core/env/recipe.ts";
import { unlockedRecipe } from "#core/env/unlocked.ts";
import { unlockedConda } from "#core/env/unlocked-conda.ts";
import { SwError } from "#core/errors.ts";
import { bothFailed, NOTHING_RUNS, reasonForBuildx, reasonToGoOn } from "#core/ops/choose-engine.ts";
import type { Dockerizing } from "#core/ops/dockerizing.ts";
import { refuseNowhere, requireDocker } from "#core/ops/image-place.ts";
import { type PinnedBase, pinned, pinnedBase, resolveOnce } from "#core/ops/pinned-base.ts";
import type { Version } from "#core/store/versions.ts";

interface Making {
  readonly work: Dockerizing;
  readonly plan: ImagePlan;
  readonly recipe: Recipe;
}

/** @throws SwError as dockerizeRuntime */
export async function imageFromRuntime(ctx: Ctx, work: Dockerizing, base: string): Promise<ImageResult> {
  const recipe = await usableRecipe(ctx, work.version);
  const { params, manifest, name, version, tags, output } = work;
  const variables = recipe.conda === undefined ? undefined : (await condaLock(ctx, recipe)).variables;
  const plan = imagePlan({ ...params, name, version: version.id, manifest, recipe, variables, tags, base, output });
  const making: Making = { work, plan, recipe };
  const reason = reasonForBuildx(params.engine, plan);
  await refuseNowhere(output, plan.platforms.length);
  if (params.dryRun) return await dryRun(ctx, making, reason);
  if (reason !== undefined) {
    return await withBuildx(ctx, making, { reason, base: await pinnedBase(ctx, base, params.insecure) });
  }
  if (output.kind === "engine") await requireDocker(ctx);
  return await withDirect(ctx, making);
}

async function usableRecipe(ctx: Ctx, version: Version): Promise<Recipe> {
  const recipe = await recipeOf(ctx, version);
  if (recipe.mode === "conda" && !recipe.conda) return await unlockedConda(ctx, version, recipe);
  return recipe.locked ? recipe : await unlockedRecipe(ctx, version, recipe);
}

async function withDirect(ctx: Ctx, making: Making): Promise<ImageResult> {
  const { work, plan, recipe } = making;
  const tried = await tryDirect(ctx, making);
  if ("failure" in tried) return await afterDirect(ctx, making, tried);
  const remake = () => buildDirect(ctx, { plan, recipe, version: work.version, base: tried.base });
  const pushed = await deliverDirect(ctx, tried, { plan, insecure: work.params.insecure, remake });
  return directResult({ plan, uri: work.uri, engine: "direct", reason: NOTHING_RUNS }, tried, pushed);
}

interface Tried {
  readonly failure: SwError;
  /** Why buildx may do it. */
  readonly reason: string;
  readonly base: PinnedBase | undefined;
}

/** The image, or why buildx has to do it. */
async function tryDirect(ctx: Ctx, making: Making): Promise<DirectImage | Tried> {
  const { work, plan, recipe } = making;
  let base: BaseImage | undefined;
  try {
    base = await readableBase(ctx, making);
    ctx.report.progress({ step: "engine", text: `Engine direct: ${NOTHING_RUNS}` });
    return await buildDirect(ctx, { plan, recipe, version: work.version, base });
  } catch (e) {
    if (work.params.engine !== "auto" || !(e instanceof SwError)) throw e;
    const reason = reasonToGoOn(e);
    if (reason === undefined || (await builderProblem(ctx, plan))) throw e;
    return { failure: e, reason, base: base && pinned(base, plan.base) };
  }
}

/** Who may ask for a name may still be refused what it stands for. */
async function readableBase(ctx: Ctx, { work, plan }: Making): Promise<BaseImage> {
  const base = await resolveOnce(ctx, plan.base, work.params.insecure);
  for (const platform of plan.platforms) await basePlatform(base, platform);
  return base;
}

async function afterDirect(ctx: Ctx, making: Making, { failure, reason, base }: Tried): Promise<ImageResult> {
  try {
    return await withBuildx(ctx, making, { reason, base });
  } catch (e) {
    throw e instanceof SwError && e.code === "IMAGE_FAILED" ? bothFailed(e, failure) : e;
  }
}

async function withBuildx(
  ctx: Ctx,
  { work, plan, recipe }: Making,
  { reason, base }: { reason: string; base: PinnedBase | undefined },
): Promise<ImageResult> {
  ctx.report.progress({ step: "engine", text: `Engine buildx: ${reason}` });
  const { buildWithBuildx } = await import("#core/docker/buildx-engine.ts");
  const built = await buildWithBuildx(ctx, {
    ...{ plan: { ...plan, base: base?.name ?? plan.base }, recipe, version: work.version },
    insecure: work.params.insecure,
  });
  const result = imageResult({ plan, uri: work.uri, engine: "buildx", reason });
  return { ...result, ...built, base: { name: plan.base, digest: base?.digest ?? null } };
}

async function dryRun(ctx: Ctx, { work, plan, recipe }: Making, reason: string | undefined): Promise<ImageResult> {
  const { plannedBuild } = await import("#core/docker/planned-build.ts");
  const engine = reason === undefined ? "direct" : "buildx";
  const facts = { plan, uri: work.uri, engine, reason: reason ?? NOTHING_RUNS } as const;
  return {
    ...imageResult(facts),
    dry_run: true,
    ...(await plannedBuild(ctx, { plan, recipe, engine, insecure: work.params.insecure })),
  };
}
