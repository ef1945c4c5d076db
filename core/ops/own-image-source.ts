/**
 * The image that a runtime is, as its registry has it, or why it is built instead; and what is told of a copy.
 * Tests: test/e2e/dockerize-image.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type BaseImage, resolveBase } from "#core/docker/base-image.ts";
import type { Offered } from "#core/docker/image-part.ts";
import type { ImageResult } from "#core/docker/image-result.ts";
import type { ImagePlatform } from "#core/docker/platforms.ts";
import { SwError } from "#core/errors.ts";
import type { Dockerizing } from "#core/ops/dockerizing.ts";

export interface OwnImage {
  readonly work: Dockerizing;
  readonly image: string;
  /** There are dependencies to build it from. */
  readonly mayBuild: boolean;
  /** Empty when none was named. */
  readonly asked: readonly ImagePlatform[];
}

/** There is no image to copy: it is built. */
export interface Absent {
  readonly absent: "missing" | "unreachable";
}

/** The image, or why it can't be had. */
export async function lookUp(ctx: Ctx, { work, image }: OwnImage): Promise<BaseImage | SwError> {
  try {
    return await resolveBase(ctx, image, work.params.insecure);
  } catch (e) {
    if (e instanceof SwError && e.code !== "CANCELLED" && e.code !== "USAGE") return e;
    throw e;
  }
}

/** @throws SwError the reason, where nothing may be built instead */
export function absent(ctx: Ctx, { work, image, mayBuild }: OwnImage, reason: SwError): Absent {
  const { code, message, detail, hint } = reason;
  const isMissing = detail?.missing === true;
  if (mayBuild && (isMissing || work.params.buildAnyway)) {
    if (!isMissing && hasNoOtherName(work)) {
      throw new SwError(code, message, { hint: "Name the image with -t: it can't be pushed there.", detail });
    }
    ctx.report.warn(`${image} ${isMissing ? "does not exist" : "can't be had"}: it is built from the dependencies`);
    return { absent: isMissing ? "missing" : "unreachable" };
  }
  if (isMissing) {
    throw new SwError("IMAGE_FAILED", `this runtime is the image ${image}, which does not exist`, { cause: reason });
  }
  const advice = mayBuild ? "With --build-anyway it is built from the dependencies instead." : hint;
  throw new SwError(code, message, { hint: advice, detail, cause: reason });
}

const hasNoOtherName = ({ output, params }: Dockerizing) => output.kind === "registry" && params.tags.length === 0;

/** For a place that takes one platform: what built images have by default, else what there is. */
export const onePlatform = ({ asked }: OwnImage, offered: readonly Offered[]): string | undefined =>
  asked[0]?.name ?? (offered.find(({ platform }) => platform === "linux/amd64") ?? offered[0])?.platform;

/** Options that only a build has a use for. */
export function warnUseless(ctx: Ctx, { work: { params }, image }: OwnImage): void {
  const given = Object.entries({
    "--engine": params.engine === "auto" ? undefined : params.engine,
    "--builder": params.builder,
    "--base-image": params.baseImage,
    "--compression": params.compression,
    "--format": params.format,
  }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length > 0) ctx.report.warn(`${given.join(", ")}: of no use, since ${image} is copied as it is`);
}

export const copyResult = ({ work, image }: OwnImage): ImageResult => ({
  name: work.name,
  version: work.version.id,
  uri: work.uri,
  engine: "copy",
  reason: `${image} is this runtime`,
  tags: [...work.tags],
  digest: null,
  platforms: [],
  base: { name: image, digest: null },
  pushed: false,
  to: work.output.kind === "oci-layout" || work.output.kind === "docker-archive" ? work.output.path : null,
  sent_bytes: null,
  dry_run: false,
  dockerfile: null,
  commands: [],
});
