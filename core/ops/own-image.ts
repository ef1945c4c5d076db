/**
 * A runtime that is an image: it is copied under the names given and never built, unless its registry says that it does
 * not exist and there are dependencies to build it from. Tests: test/e2e/dockerize-image.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type BaseImage, resolveBase } from "#core/docker/base-image.ts";
import { copyImage, readWhole, type WholeImage, wholeBlobs } from "#core/docker/copy-image.ts";
import { docker, lastLine, requireEngine } from "#core/docker/docker-cli.ts";
import type { ImageResult } from "#core/docker/image-result.ts";
import { SwError } from "#core/errors.ts";
import { writeLayout } from "#core/oci/layout.ts";
import { descriptorOf, ImageIndexSchema, isIndex, parseDocument } from "#core/oci/manifest.ts";
import { formatReference, parseReference } from "#core/oci/reference.ts";
import type { Dockerizing } from "#core/ops/dockerizing.ts";

/** @returns undefined when the image is to be built instead. @throws SwError IMAGE_FAILED, TRANSFER_FAILED, AUTH_FAILED */
export async function copyOwnImage(
  ctx: Ctx,
  work: Dockerizing,
  { image, mayBuild }: { image: string; mayBuild: boolean },
): Promise<ImageResult | undefined> {
  if (work.params.dryRun) return planned(work, image);
  if (work.output.kind === "engine") return await tagInEngine(ctx, work, { image, mayBuild });
  const source = await findImage(ctx, work, { image, mayBuild });
  if (source === undefined) return undefined;
  ctx.report.progress({ step: "engine", text: `${image} is this runtime: it is copied, nothing is built` });
  const whole = await readWhole(source);
  const pushed = await deliver(ctx, work, whole);
  return {
    ...resultOf(work, image),
    digest: source.digest,
    platforms: platformsOf(source),
    base: { name: image, digest: source.digest },
    pushed: pushed !== undefined,
    sent_bytes: pushed?.sent ?? null,
  };
}

async function findImage(
  ctx: Ctx,
  { params }: Dockerizing,
  { image, mayBuild }: { image: string; mayBuild: boolean },
): Promise<BaseImage | undefined> {
  try {
    return await resolveBase(ctx, image, params.insecure);
  } catch (e) {
    if (!(e instanceof SwError)) throw e;
    const missing = e.detail?.missing === true;
    if (mayBuild && (missing || params.buildAnyway)) {
      ctx.report.warn(`${image} ${missing ? "does not exist" : "can't be had"}: it is built from the dependencies`);
      return undefined;
    }
    if (missing)
      throw new SwError("IMAGE_FAILED", `this runtime is the image ${image}, which does not exist`, { cause: e });
    const hint = mayBuild ? "With --build-anyway it is built from the dependencies instead." : e.hint;
    throw new SwError(e.code, e.message, { hint, detail: e.detail, cause: e });
  }
}

async function deliver(ctx: Ctx, { params, output, tags }: Dockerizing, image: WholeImage) {
  if (output.kind === "registry") return await copyImage(ctx, image, { tags, insecure: params.insecure });
  if (output.kind !== "oci-layout") {
    throw new SwError("USAGE", "an image that exists can be written as oci-layout only", {
      hint: "Use --to oci-layout=DIR.",
    });
  }
  const manifests = tags.map((tag) => ({
    ...descriptorOf(image.source.raw),
    annotations: { "org.opencontainers.image.ref.name": parseReference(tag).tag ?? "latest" },
  }));
  await writeLayout({ dir: output.path, manifests, blobs: await wholeBlobs(image) });
  return undefined;
}

/** Without --push: the engine pulls it, or has it alone, and gives it the names. */
async function tagInEngine(
  ctx: Ctx,
  work: Dockerizing,
  { image, mayBuild }: { image: string; mayBuild: boolean },
): Promise<ImageResult | undefined> {
  await requireEngine(ctx);
  ctx.report.progress({ step: "pull", text: `Pulling ${image}` });
  const pulled = await docker(ctx, ["pull", "--quiet", image], { onLine: (line) => ctx.report.log(line) });
  if (pulled.exitCode !== 0) {
    const own = await docker(ctx, ["image", "inspect", image]);
    // Docker's words do not tell an image that is not there from one that can't be had: its registry does.
    if (own.exitCode !== 0 && !(await findImage(ctx, work, { image, mayBuild }))) return undefined;
    if (own.exitCode !== 0) throw dockerFailed("pull", pulled.stderr);
  }
  for (const tag of work.tags) {
    const tagged = await docker(ctx, ["tag", image, tag]);
    if (tagged.exitCode !== 0) throw dockerFailed("tag", tagged.stderr);
  }
  return resultOf(work, image);
}

const dockerFailed = (verb: string, stderr: string) =>
  new SwError("IMAGE_FAILED", `docker ${verb} failed: ${lastLine(stderr)}`);

function platformsOf({ raw }: BaseImage): ImageResult["platforms"] {
  if (!isIndex(raw)) return [];
  const { manifests } = parseDocument(ImageIndexSchema, raw.bytes, raw.digest);
  return manifests.flatMap(({ platform, digest }) =>
    platform && platform.os !== "unknown" ? [{ platform: `${platform.os}/${platform.architecture}`, digest }] : [],
  );
}

const resultOf = (work: Dockerizing, image: string): ImageResult => ({
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
  to: work.output.kind === "oci-layout" ? work.output.path : null,
  sent_bytes: null,
  dry_run: false,
  dockerfile: null,
  commands: [],
});

const planned = (work: Dockerizing, image: string): ImageResult => ({
  ...resultOf(work, image),
  dry_run: true,
  commands: work.tags.map((tag) => `copy ${formatReference(parseReference(image))} ${tag}`),
});
