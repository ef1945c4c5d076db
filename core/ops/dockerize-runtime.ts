/**
 * `runtime dockerize`: a version of a runtime as an image: its own image under new names, or one that is made.
 * Tests: test/e2e/dockerize.test.ts, test/e2e/dockerize-image.test.ts
 */
import type { Ctx } from "#core/context.ts";
import type { ImageResult } from "#core/docker/image-result.ts";
import { isImageRuntime } from "#core/env/refuse-image.ts";
import { baseName, ownImage, readWork, versionTag } from "#core/ops/dockerize-work.ts";
import type { DockerizeParams, Dockerizing } from "#core/ops/dockerizing.ts";
import { imageFromRuntime } from "#core/ops/image-from-runtime.ts";
import { copyOwnImage } from "#core/ops/own-image.ts";
import type { Absent } from "#core/ops/own-image-source.ts";
import { refuseUnwritable } from "#core/transfer/place.ts";

/** @throws SwError USAGE, IMAGE_FAILED, PLATFORM_NOT_COVERED, AUTH_FAILED, TRANSFER_FAILED, ENGINE_MISSING */
export async function dockerizeRuntime(ctx: Ctx, params: DockerizeParams): Promise<ImageResult> {
  const work = await readWork(ctx, params);
  if ("path" in work.output && !params.dryRun) await refuseUnwritable(work.output.path);
  const image = ownImage(work.manifest);
  if (image === undefined) return await imageFromRuntime(ctx, work, await baseName(ctx, work));
  const copied = await copyOwnImage(ctx, work, { image, mayBuild: !isImageRuntime(work.manifest) });
  if (!("absent" in copied)) return copied;
  const tags = builtNames(ctx, work, { own: versionTag(image, work.version.id), absent: copied.absent });
  return await imageFromRuntime(ctx, { ...work, tags }, await baseName(ctx, work));
}

/** As the Python client names it, unless that would have to be pushed to where nobody answers. */
function builtNames(
  ctx: Ctx,
  { tags, output }: Dockerizing,
  { own, absent }: { own: string; absent: Absent["absent"] },
): string[] {
  if (absent === "missing" || output.kind !== "registry") return [...new Set([...tags, own])];
  ctx.report.warn(`it is not pushed as ${own}: that registry can't be reached`);
  return [...tags];
}
