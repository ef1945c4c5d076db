/**
 * Makes an image from a runtime's dependencies by the engine that can: direct where nothing has to run and the base image
 * can be read, else buildx. The choice and its reason are one line. Tests: test/e2e/dockerize.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type BaseImage, resolveBase } from "#core/docker/base-image.ts";
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
import type { Dockerizing } from "#core/ops/dockerizing.ts";
import { refuseNowhere, requireDocker } from "#core/ops/image-place.ts";
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
  if (output.kind === "engine" && reason === undefined) await requireDocker(ctx);
  return reason === undefined ? await withDirect(ctx, making) : await withBuildx(ctx, making, reason);
}

async function usableRecipe(ctx: Ctx, version: Version): Promise<Recipe> {
  const recipe = await recipeOf(ctx, version);
  if (recipe.mode === "conda" && !recipe.conda) return await unlockedConda(ctx, version, recipe);
  return recipe.locked ? recipe : await unlockedRecipe(ctx, version, recipe);
}

/** Known before anything is asked; undefined leaves the direct engine. */
function reasonForBuildx(engine: string, plan: ImagePlan): string | undefined {
  if (engine === "buildx") return "it was asked for";
  if (plan.commands.length === 0) return undefined;
  const what = `${plan.commands.length === 1 ? "a command has" : `${plan.commands.length} commands have`} to run inside the image`;
  if (engine === "auto") return what;
  throw new SwError("IMAGE_FAILED", `${what}, which the direct engine can't do`, {
    hint: "Leave --engine direct out, or take the commands out of the runtime.yaml.",
  });
}

async function withDirect(ctx: Ctx, making: Making): Promise<ImageResult> {
  const { work, plan, recipe } = making;
  const made = await tryDirect(ctx, making);
  if (typeof made === "string") return await withBuildx(ctx, making, made);
  const remake = () => buildDirect(ctx, { plan, recipe, version: work.version, base: made.base });
  const pushed = await deliverDirect(ctx, made, { plan, insecure: work.params.insecure, remake });
  return directResult({ plan, uri: work.uri, engine: "direct", reason: NOTHING_RUNS }, made, pushed);
}

const NOTHING_RUNS = "nothing has to run inside the image";

/** The image, or why buildx has to do it. */
async function tryDirect(ctx: Ctx, { work, plan, recipe }: Making): Promise<DirectImage | string> {
  const { params, version } = work;
  try {
    const base = await resolveOnce(ctx, plan.base, params.insecure);
    ctx.report.progress({ step: "engine", text: `Engine direct: ${NOTHING_RUNS}` });
    return await buildDirect(ctx, { plan, recipe, version, base });
  } catch (e) {
    if (params.engine !== "auto" || !(e instanceof SwError) || (await builderProblem(ctx, plan))) throw e;
    if (e.detail?.needs_build === true) return e.message.split("\n")[0] ?? e.message;
    if (e.detail?.unreachable === true || e.detail?.missing === true)
      return `the base image can't be read (${e.message})`;
    throw e;
  }
}

/** What the name means now; for a job that was interrupted, what it meant at first. */
async function resolveOnce(ctx: Ctx, name: string, insecure: readonly string[]): Promise<BaseImage> {
  const what = `base ${name}`;
  const pinned = ctx.decided?.get(what);
  const base = await resolveBase(ctx, pinned === undefined ? name : pinnedTo(name, pinned), insecure);
  if (pinned === undefined) await ctx.decided?.set(what, base.digest);
  return base;
}

const pinnedTo = (name: string, digest: string) => (name.includes("@") ? name : `${name}@${digest}`);

async function withBuildx(ctx: Ctx, { work, plan, recipe }: Making, reason: string): Promise<ImageResult> {
  ctx.report.progress({ step: "engine", text: `Engine buildx: ${reason}` });
  const { buildWithBuildx } = await import("#core/docker/buildx-engine.ts");
  const base = await pinnedBase(ctx, work, plan);
  const pinned: ImagePlan = { ...plan, base: base?.name ?? plan.base };
  const built = await buildWithBuildx(ctx, {
    ...{ plan: pinned, recipe, version: work.version, insecure: work.params.insecure },
  });
  const result = imageResult({ plan, uri: work.uri, engine: "buildx", reason });
  return { ...result, ...built, base: { name: plan.base, digest: base?.digest ?? null } };
}

/** What the base's tag means now, so that all stages and platforms have the same one; a base of docker's own has none. */
async function pinnedBase(ctx: Ctx, { params }: Dockerizing, { base }: ImagePlan) {
  try {
    const { digest } = await resolveOnce(ctx, base, params.insecure);
    return { name: pinnedTo(base, digest), digest };
  } catch (e) {
    if (!(e instanceof SwError) || e.code === "CANCELLED" || e.code === "USAGE") throw e;
    ctx.report.log(`the base image is not pinned: ${e.message}`);
    return undefined;
  }
}

async function dryRun(ctx: Ctx, { work, plan, recipe }: Making, reason: string | undefined): Promise<ImageResult> {
  const { plannedBuild } = await import("#core/docker/planned-build.ts");
  const engine = reason === undefined ? "direct" : "buildx";
  const facts = { plan, uri: work.uri, engine, reason: reason ?? NOTHING_RUNS } as const;
  return { ...imageResult(facts), dry_run: true, ...(await plannedBuild(ctx, { plan, recipe, engine })) };
}
