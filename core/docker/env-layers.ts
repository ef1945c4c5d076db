/**
 * The layers of an environment: conda's packages, heavy distributions, light ones, the package's own wheels. Keyed by what goes in, so
 * that nothing is installed when the lock is known. Tests: test/e2e/dockerize.test.ts, test/e2e/dockerize-conda.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { uvPlatform } from "#core/docker/base-libc.ts";
import { condaKey, condaPackages } from "#core/docker/conda-layers.ts";
import { type Distribution, readDistributions } from "#core/docker/distributions.ts";
import { installLocked, installWheels, makeScratch, type Scratch, type Target } from "#core/docker/install-target.ts";
import { type LayerPlan, layersFor } from "#core/docker/layer.ts";
import { layerEntries } from "#core/docker/layer-entry.ts";
import type { Compression, Layer } from "#core/docker/layer-writer.ts";
import { UV_VERSION } from "#core/engines/uv.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { SwError } from "#core/errors.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";
import { ingestPath, readBlobText } from "#core/store/blobs.ts";
import type { TarEntry } from "#core/swrt/tar-writer.ts";

export interface EnvJob {
  readonly recipe: Recipe;
  readonly target: Target;
  readonly compression: Compression;
}

// Installed bytes. What is larger changes rarely and is dear to send; what is smaller changes with every lock.
const HEAVY = 10 * 1024 * 1024;

/** The layers and what each is. @throws SwError IMAGE_FAILED (`detail.needs_build` when something would have to be built) */
export async function envLayers(ctx: Ctx, job: EnvJob): Promise<{ title: string; layer: Layer }[]> {
  await refuseVcs(ctx, job.recipe);
  const conda = job.recipe.mode === "conda" ? await condaLayers(ctx, job) : [];
  const locked = await lockedLayers(ctx, job);
  const wheels = job.recipe.wheels.length === 0 ? [] : await wheelLayers(ctx, job);
  return [
    ...conda.map((layer) => ({ title: "conda packages", layer })),
    ...locked.map((layer) => ({ title: "packages of the lock", layer })),
    ...wheels.map((layer) => ({ title: "wheels of the runtime", layer })),
  ];
}

/** What comes from version control has to be built, and nothing is run here. */
async function refuseVcs(ctx: Ctx, recipe: Recipe): Promise<void> {
  const text = recipe.vcs === undefined ? "" : await readBlobText(ctx, recipe.vcs);
  const name = /^([A-Za-z0-9][\w.-]*)/m.exec(text)?.[1];
  if (name === undefined) return;
  throw new SwError("IMAGE_FAILED", `${name} comes from version control and has to be built`, {
    hint: "Use --engine buildx, which can build it inside the image.",
    detail: { needs_build: true, package: name },
  });
}

const targetKey = ({ platform, libc, python }: Target) => ({
  platform: uvPlatform(platform, libc),
  python,
  uv: UV_VERSION,
});

async function condaLayers(ctx: Ctx, job: EnvJob): Promise<Layer[]> {
  const { target, compression } = job;
  const key = condaKey(job.recipe, target);
  const plan = { title: `conda packages for ${target.platform.name}`, key, compression };
  return await ctx.flights.join(`image-conda:${JSON.stringify(key)}:${compression}`, ctx, (report, signal) => {
    const own: Ctx = { ...ctx, report, signal };
    return inFolder(own, { plan, target }, async (dir) => splitByWeight(await condaPackages(own, job, dir)));
  });
}

async function lockedLayers(ctx: Ctx, job: EnvJob): Promise<Layer[]> {
  const { recipe, target, compression } = job;
  if (recipe.requirements === undefined) return [];
  const key = { lock: recipe.requirements, ...targetKey(target) };
  return await ctx.flights.join(`image-layers:${JSON.stringify(key)}:${compression}`, ctx, (report, signal) => {
    const own: Ctx = { ...ctx, report, signal };
    return inScratch(own, { title: `packages for ${target.platform.name}`, key, compression }, job, (scratch) =>
      installLocked(own, scratch, job).then(() => splitByWeight),
    );
  });
}

async function wheelLayers(ctx: Ctx, job: EnvJob): Promise<Layer[]> {
  const wheels = job.recipe.wheels.map(({ name, sha256 }) => `${name} ${sha256}`).sort();
  const plan = { title: "wheels", key: { wheels, ...targetKey(job.target) }, compression: job.compression };
  return await inScratch(ctx, plan, job, (scratch) => installWheels(ctx, scratch, job).then(() => together));
}

type Split = (distributions: readonly Distribution[]) => TarEntry[][];

const entriesOf = (distributions: readonly Distribution[]) =>
  layerEntries(distributions.flatMap(({ entries }) => entries));
const together: Split = (all) => [entriesOf(all)];
const splitByWeight: Split = (all) => [
  entriesOf(all.filter(({ size }) => size >= HEAVY)),
  entriesOf(all.filter(({ size }) => size < HEAVY)),
];

async function inScratch(
  ctx: Ctx,
  plan: LayerPlan,
  { target }: EnvJob,
  install: (scratch: Scratch) => Promise<Split>,
): Promise<Layer[]> {
  return await inFolder(ctx, { plan, target }, async (dir) => {
    const scratch = await makeScratch(ctx, `${dir}/env`, target.python);
    const split = await install(scratch);
    return split(await readDistributions(scratch, target.python));
  });
}

/** The layers of the cache, or of what `fill` put into a folder that goes afterwards. */
async function inFolder(
  ctx: Ctx,
  { plan, target }: { plan: LayerPlan; target: Target },
  fill: (dir: string) => Promise<TarEntry[][]>,
): Promise<Layer[]> {
  const dir = await ingestPath(ctx);
  try {
    return await layersFor(ctx, plan, async () => {
      ctx.report.progress({ step: `install-${target.platform.architecture}`, text: `Installing ${plan.title}` });
      const layers = await fill(dir);
      ctx.report.progress({ step: `layers-${target.platform.architecture}`, text: `Packing ${plan.title}` });
      return layers;
    });
  } finally {
    await removeTree(dir);
  }
}
