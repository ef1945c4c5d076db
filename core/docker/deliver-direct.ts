/** Where a finished image of the direct engine goes: registries, a folder, a file, the docker engine. Tests: test/e2e/dockerize.test.ts */
import type { Ctx } from "#core/context.ts";
import type { DirectImage } from "#core/docker/direct-engine.ts";
import { dockerArchive, writeDockerArchive } from "#core/docker/docker-archive.ts";
import { loadArchive } from "#core/docker/docker-cli.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import { writeImageLayout } from "#core/docker/layout-image.ts";
import { type PushSummary, pushImage } from "#core/docker/push-image.ts";
import { counted } from "#core/transfer/progress.ts";

export async function deliverDirect(
  ctx: Ctx,
  image: DirectImage,
  { plan, insecure }: { plan: ImagePlan; insecure: readonly string[] },
): Promise<PushSummary | undefined> {
  const { output, tags } = plan;
  if (output.kind === "registry") return await pushImage(ctx, image, { tags, insecure });
  if (output.kind === "oci-layout") await writeImageLayout(ctx, image, { dir: output.path, tags });
  else if (output.kind === "docker-archive") await writeDockerArchive(ctx, image, { path: output.path, tags });
  else await loadIntoEngine(ctx, image, tags);
  return undefined;
}

async function loadIntoEngine(ctx: Ctx, image: DirectImage, tags: readonly string[]): Promise<void> {
  const { chunks, size } = await dockerArchive(ctx, image, tags);
  const line = { step: "load", text: "Loading the image into docker", total: size };
  await loadArchive(ctx, counted(ctx, line, chunks));
}
