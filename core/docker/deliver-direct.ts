/** Where a finished image of the direct engine goes: registries, a folder, a file, the docker engine. Tests: test/e2e/dockerize.test.ts */
import type { Ctx } from "#core/context.ts";
import type { DirectImage } from "#core/docker/direct-engine.ts";
import { dockerArchive, onlyPlatform, writeDockerArchive } from "#core/docker/docker-archive.ts";
import { loadArchive } from "#core/docker/docker-cli.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import { isDamagedLayer, wholeLayer } from "#core/docker/layer-cache.ts";
import { writeImageLayout } from "#core/docker/layout-image.ts";
import { type PushSummary, pushImage } from "#core/docker/push-image.ts";
import { counted } from "#core/transfer/progress.ts";

export interface Delivery {
  readonly plan: ImagePlan;
  readonly insecure: readonly string[];
  /** Makes the same image again. */
  readonly remake: () => Promise<DirectImage>;
}

/** A layer of the cache that turns out to be damaged is gone then: it is made anew, once. */
export async function deliverDirect(
  ctx: Ctx,
  image: DirectImage,
  delivery: Delivery,
): Promise<PushSummary | undefined> {
  try {
    return await deliver(ctx, image, delivery);
  } catch (e) {
    if (!isDamagedLayer(e)) throw e;
    ctx.report.warn(e.message);
    // The others too: all that is missing is made at once.
    for (const { layers } of image.platforms) for (const { layer } of layers) await wholeLayer(ctx, layer);
    return await deliver(ctx, await delivery.remake(), delivery);
  }
}

async function deliver(ctx: Ctx, image: DirectImage, { plan, insecure }: Delivery): Promise<PushSummary | undefined> {
  const { output, tags } = plan;
  if (output.kind === "registry") return await pushImage(ctx, image, { tags, insecure });
  if (output.kind === "oci-layout") await writeImageLayout(ctx, image, { dir: output.path, tags });
  else if (output.kind === "docker-archive")
    await writeDockerArchive(ctx, onlyPlatform(image), { path: output.path, tags });
  else await loadIntoEngine(ctx, image, tags);
  return undefined;
}

async function loadIntoEngine(ctx: Ctx, image: DirectImage, tags: readonly string[]): Promise<void> {
  const { chunks, size } = await dockerArchive(ctx, onlyPlatform(image), tags);
  const line = { step: "load", text: "Loading the image into docker", total: size };
  await loadArchive(ctx, counted(ctx, line, chunks));
}
