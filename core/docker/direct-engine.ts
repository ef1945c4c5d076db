/**
 * The engine that needs no docker: base layers as they are, ours made here, config and manifests on top.
 * Runs nothing of the image. Tests: test/e2e/dockerize.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type BaseImage, type BasePlatform, basePlatform, inspectBase } from "#core/docker/base-image.ts";
import { envLayers } from "#core/docker/env-layers.ts";
import { type PlatformImage, platformImage, type TitledLayer, topManifest } from "#core/docker/image-config.ts";
import { imageLabels, imageVariables, LAYOUT_FILES } from "#core/docker/image-layout.ts";
import { imageManifestText } from "#core/docker/image-manifest.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import { layersFor } from "#core/docker/layer.ts";
import type { ImagePlatform } from "#core/docker/platforms.ts";
import { runtimeEntries, runtimeLayerEntries, venvEntries } from "#core/docker/runtime-layer.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { SwError } from "#core/errors.ts";
import type { RawManifest } from "#core/oci/manifest.ts";
import { formatReference } from "#core/oci/reference.ts";
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
  const inside = await inspectBase(base, own);
  const interpreter = interpreterOf(input, own, inside.pythons);
  const target = { platform, libc: inside.libc, python: plan.python };
  const env = await envLayers(ctx, { recipe: input.recipe, target, compression: plan.compression });
  const runtime = await runtimeLayer(ctx, input, interpreter);
  return platformImage({
    base: own,
    layers: [...env, ...runtime],
    variables: imageVariables(plan.subject),
    labels: imageLabels(plan.subject, base.digest),
    format: plan.format,
  });
}

function interpreterOf(
  { plan, base }: DirectInput,
  { platform }: BasePlatform,
  pythons: readonly { minor: string; path: string }[],
): string {
  const found = pythons.find(({ minor }) => minor === plan.python);
  if (found) return found.path;
  const name = formatReference(base.reference);
  const has = pythons.length === 0 ? "no Python" : `Python ${pythons.map(({ minor }) => minor).join(", ")}`;
  throw new SwError(
    "IMAGE_FAILED",
    `the base image ${name} has ${has} on its PATH (${platform.name}), not ${plan.python}`,
    {
      hint: `Name a base image with Python ${plan.python}: --base-image, or environment.docker.image in the runtime.yaml.`,
      detail: { needs_python: plan.python },
    },
  );
}

async function runtimeLayer(ctx: Ctx, input: DirectInput, interpreter: string): Promise<TitledLayer[]> {
  const { plan, version, recipe } = input;
  const papers = imageManifestText(plan.subject.manifest);
  const key = { version: version.id, papers, python: plan.python, interpreter, layout: LAYOUT_FILES };
  const layers = await layersFor(ctx, { title: "files", key, compression: plan.compression }, async () => [
    runtimeLayerEntries([
      ...venvEntries(interpreter, plan.python),
      ...(await runtimeEntries(ctx, version, recipe.files)),
    ]),
  ]);
  return layers.map((layer) => ({ title: "files of the runtime", layer }));
}
