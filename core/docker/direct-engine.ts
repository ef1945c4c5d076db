/**
 * The engine that needs no docker: base layers as they are, ours made here, config and manifests on top.
 * Runs nothing of the image. Tests: test/e2e/dockerize.test.ts, test/e2e/dockerize-python.test.ts
 */
import type { Ctx } from "#core/context.ts";
import {
  type BaseImage,
  type BaseInside,
  type BasePlatform,
  basePlatform,
  inspectBase,
} from "#core/docker/base-image.ts";
import { envLayers } from "#core/docker/env-layers.ts";
import { type PlatformImage, platformImage, type TitledLayer, topManifest } from "#core/docker/image-config.ts";
import { imageLabels, imageVariables, layoutFiles, managedPython } from "#core/docker/image-layout.ts";
import { imageManifestText } from "#core/docker/image-manifest.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import type { Target } from "#core/docker/install-target.ts";
import { layersFor } from "#core/docker/layer.ts";
import { managedPythonLayer } from "#core/docker/managed-python.ts";
import type { ImagePlatform } from "#core/docker/platforms.ts";
import { runtimeEntries, runtimeLayerEntries, venvEntries } from "#core/docker/runtime-layer.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { SwError } from "#core/errors.ts";
import type { RawManifest } from "#core/oci/manifest.ts";
import { formatReference, parseReference } from "#core/oci/reference.ts";
import type { Version } from "#core/store/versions.ts";

export interface DirectInput {
  readonly plan: ImagePlan;
  readonly recipe: Recipe;
  readonly version: Version;
  readonly base: BaseImage;
}

export interface DirectImage {
  /** What tags point to: a manifest, or an index of several. */
  readonly top: RawManifest;
  readonly platforms: readonly PlatformImage[];
  readonly base: BaseImage;
}

/** @throws SwError IMAGE_FAILED; `detail.needs_build` where another engine could go on */
export async function buildDirect(ctx: Ctx, input: DirectInput): Promise<DirectImage> {
  const { plan, base } = input;
  // While one platform's packages are fetched the other's are packed. All end before a failure is told.
  const ended = await Promise.allSettled(plan.platforms.map((platform) => buildPlatform(ctx, input, platform)));
  const platforms = ended.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
  return { top: topManifest(platforms, plan.format), platforms, base };
}

async function buildPlatform(ctx: Ctx, input: DirectInput, platform: ImagePlatform): Promise<PlatformImage> {
  const { plan, base } = input;
  const own = await basePlatform(base, platform);
  refuseTriggers(base, own);
  const inside = await inspectBase(base, own, { keep: !canMount(plan, base) });
  const target = { platform, libc: inside.libc, python: plan.python };
  const isConda = input.recipe.mode === "conda";
  const interpreter = isConda ? OWN : await interpreterFor(ctx, input, { target, pythons: inside.pythons });
  const env = await envLayers(ctx, { recipe: input.recipe, target, compression: plan.compression });
  const runtime = await runtimeLayer(ctx, input, interpreter.path);
  return platformImage({
    base: own,
    layers: [...interpreter.layers, ...env, ...runtime],
    variables: imageVariables(plan.subject),
    labels: imageLabels(plan.subject, base.digest),
    format: plan.format,
  });
}

/** Its registry gives the base's layers to the image by itself. */
const canMount = ({ output, tags }: ImagePlan, { reference }: BaseImage) =>
  output.kind === "registry" && tags.every((tag) => parseReference(tag).host === reference.host);
/** ONBUILD is for the build that follows, and no part of its image. */
function refuseTriggers({ reference }: BaseImage, { config }: BasePlatform): void {
  if ((config.config?.OnBuild ?? []).length === 0) return;
  const message = `the base image ${formatReference(reference)} has ONBUILD instructions, which have to run inside the image`;
  throw new SwError("IMAGE_FAILED", message, { hint: "Use --engine buildx.", detail: { needs_build: true } });
}

interface Interpreter {
  /** Undefined where the environment has its own. */
  readonly path: string | undefined;
  /** What has to be added to the base for it. */
  readonly layers: readonly TitledLayer[];
}

/** Conda's Python is one of its packages. */
const OWN: Interpreter = { path: undefined, layers: [] };

/** The base's own, else one that uv gets, as a layer below the packages. */
async function interpreterFor(
  ctx: Ctx,
  { plan, base }: DirectInput,
  { target, pythons }: { target: Target; pythons: BaseInside["pythons"] },
): Promise<Interpreter> {
  const found = pythons.find(({ minor }) => minor === plan.python);
  if (found) return { path: found.path, layers: [] };
  const lack = `the base image ${formatReference(base.reference)} has ${pythonsText(pythons)} on its PATH (${target.platform.name}), ${pythons.length === 0 ? "and needs" : "not"} ${plan.python}`;
  ctx.report.progress({ step: `python-${target.platform.architecture}`, text: `${lack}: one is added` });
  try {
    const layers = await managedPythonLayer(ctx, target, plan.compression);
    return { path: managedPython(plan.python), layers: layers.map((layer) => ({ title: "Python", layer })) };
  } catch (e) {
    if (!(e instanceof SwError) || e.detail?.needs_python === undefined) throw e;
    throw new SwError(e.code, `${lack}; ${e.message}`, { hint: e.hint, detail: e.detail, cause: e });
  }
}

const pythonsText = (pythons: BaseInside["pythons"]) =>
  pythons.length === 0 ? "no Python" : `Python ${pythons.map(({ minor }) => minor).join(", ")}`;

async function runtimeLayer(ctx: Ctx, input: DirectInput, interpreter: string | undefined): Promise<TitledLayer[]> {
  const { plan, version, recipe } = input;
  const papers = imageManifestText(plan.subject.manifest);
  const key = {
    version: version.id,
    papers,
    python: plan.python,
    interpreter,
    layout: layoutFiles(plan.subject.manifest),
  };
  const layers = await layersFor(ctx, { title: "files", key, compression: plan.compression }, async () => [
    runtimeLayerEntries([
      ...(interpreter === undefined ? [] : venvEntries(interpreter, plan.python)),
      ...(await runtimeEntries(ctx, version, recipe.files)),
    ]),
  ]);
  return layers.map((layer) => ({ title: "files of the runtime", layer }));
}
