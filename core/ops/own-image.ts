/**
 * A runtime that is an image: it is copied under the names given and never built, unless its registry says that it does
 * not exist and there are dependencies to build it from. Tests: test/e2e/dockerize-image.test.ts
 */
import type { Ctx } from "#core/context.ts";
import type { BaseImage } from "#core/docker/base-image.ts";
import { copyImage, readWhole, type WholeImage, wholeArchive, wholeBlobs } from "#core/docker/copy-image.ts";
import { writeDockerArchive } from "#core/docker/docker-archive.ts";
import { chooseOffered, imagePart, type Offered, offeredBy } from "#core/docker/image-part.ts";
import type { ImageResult } from "#core/docker/image-result.ts";
import { imagePlatforms } from "#core/docker/platforms.ts";
import type { PushSummary } from "#core/docker/push-image.ts";
import { posixWord } from "#core/env/activation/quote.ts";
import { SwError } from "#core/errors.ts";
import { writeLayout } from "#core/oci/layout.ts";
import { descriptorOf } from "#core/oci/manifest.ts";
import { formatReference, parseReference } from "#core/oci/reference.ts";
import type { Dockerizing } from "#core/ops/dockerizing.ts";
import { refuseNowhere, requireDocker } from "#core/ops/image-place.ts";
import { tagInEngine } from "#core/ops/own-image-engine.ts";
import {
  type Absent,
  absent,
  copyResult,
  lookUp,
  type OwnImage,
  onePlatform,
  warnUseless,
} from "#core/ops/own-image-source.ts";

/** @throws SwError IMAGE_FAILED, TRANSFER_FAILED, AUTH_FAILED, USAGE, EXISTS */
export async function copyOwnImage(
  ctx: Ctx,
  work: Dockerizing,
  { image, mayBuild }: { image: string; mayBuild: boolean },
): Promise<ImageResult | Absent> {
  const { output, params } = work;
  const own: OwnImage = { work, image, mayBuild, asked: platformsAsked(params.platforms) };
  await refuseNowhere(output, own.asked.length);
  if (params.dryRun) return planned(own);
  if (output.kind === "engine") await requireDocker(ctx);
  const found = await lookUp(ctx, own);
  if (output.kind === "engine") return await tagInEngine(ctx, own, found);
  return found instanceof SwError ? absent(ctx, own, found) : await copyFound(ctx, own, found);
}

/** Nothing asked means all that there are here, not the default of builds. */
const platformsAsked = (names: readonly string[]) => (names.length === 0 ? [] : imagePlatforms(names));

async function copyFound(ctx: Ctx, own: OwnImage, found: BaseImage): Promise<ImageResult> {
  const { image } = own;
  warnUseless(ctx, own);
  ctx.report.progress({ step: "engine", text: `${image} is this runtime: it is copied, nothing is built` });
  const offered = await offeredBy(found);
  const chosen = chooseOffered(image, offered, wanted(own, offered));
  const part = await imagePart(found, offered, chosen);
  const pushed = await deliver(ctx, own.work, part);
  return {
    ...copyResult(own),
    digest: part.digest,
    platforms: (chosen.length > 0 ? chosen : offered).map(({ platform, descriptor }) => ({
      platform,
      digest: descriptor.digest,
    })),
    base: { name: image, digest: found.digest },
    pushed: pushed !== undefined,
    sent_bytes: pushed?.sent ?? null,
  };
}

/** An archive holds one platform; everything else takes what there is. */
function wanted(own: OwnImage, offered: readonly Offered[]): readonly { name: string }[] {
  const one = own.work.output.kind === "docker-archive" ? onePlatform(own, offered) : undefined;
  return one === undefined ? own.asked : [{ name: one }];
}

async function deliver(
  ctx: Ctx,
  { params, output, tags }: Dockerizing,
  part: BaseImage,
): Promise<PushSummary | undefined> {
  if (output.kind === "docker-archive") {
    await writeDockerArchive(ctx, await wholeArchive(part), { path: output.path, tags });
    return undefined;
  }
  const whole = await readWhole(part);
  if (output.kind === "oci-layout") await writeWhole(whole, output.path, tags);
  else return await copyImage(ctx, whole, { tags, insecure: params.insecure });
  return undefined;
}

async function writeWhole(image: WholeImage, dir: string, tags: readonly string[]): Promise<void> {
  const manifests = tags.map((tag) => ({
    ...descriptorOf(image.source.raw),
    annotations: { "org.opencontainers.image.ref.name": parseReference(tag).tag ?? "latest" },
  }));
  await writeLayout({ dir, manifests, blobs: await wholeBlobs(image) });
}

function planned(own: OwnImage): ImageResult {
  const { work, asked } = own;
  const image = formatReference(parseReference(own.image));
  const platforms = asked.flatMap(({ name }) => ["--platform", name]).join(" ");
  const { output, tags } = work;
  const from = [image, platforms].filter(Boolean).join(" ");
  const commands = {
    registry: tags.map((tag) => `copy ${from} ${tag}`),
    engine: [
      `docker pull ${[platforms, image].filter(Boolean).join(" ")}`,
      ...tags.map((tag) => `docker tag ${image} ${tag}`),
    ],
    "oci-layout": [`copy ${from} to the OCI layout ${placeOf(work)}`],
    "docker-archive": [`copy ${from} to the docker archive ${placeOf(work)}`],
  };
  return { ...copyResult(own), dry_run: true, commands: commands[output.kind] };
}

const placeOf = ({ output }: Dockerizing) => ("path" in output ? posixWord(output.path) : "");
