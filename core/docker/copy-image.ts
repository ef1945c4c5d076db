/**
 * An image that exists, under other names: manifests as they are, blobs mounted or handed on, whatever platforms it has.
 * Tests: test/e2e/dockerize-image.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type BaseImage, baseBlob } from "#core/docker/base-image.ts";
import type { ArchiveImage } from "#core/docker/docker-archive.ts";
import { eachTag, type PushSummary, type PushTarget, pushBaseBlob, pushTarget } from "#core/docker/push-image.ts";
import { SwError } from "#core/errors.ts";
import type { LayoutBlob } from "#core/oci/layout.ts";
import {
  type Descriptor,
  ImageIndexSchema,
  ImageManifestSchema,
  isIndex,
  parseDocument,
  type RawManifest,
} from "#core/oci/manifest.ts";
import { getManifest, headManifest, putManifest } from "#core/oci/registry.ts";

/** The image's manifests below `top`, and every blob that they name. */
export interface WholeImage {
  readonly source: BaseImage;
  readonly manifests: readonly RawManifest[];
  readonly blobs: readonly Descriptor[];
}

/** @throws SwError IMAGE_FAILED when the registry lost a part of it */
export async function readWhole(source: BaseImage): Promise<WholeImage> {
  const manifests = isIndex(source.raw) ? await childManifests(source) : [source.raw];
  const blobs = new Map<string, Descriptor>();
  for (const raw of manifests) {
    const { config, layers } = parseDocument(ImageManifestSchema, raw.bytes, raw.digest);
    for (const blob of [...layers, config]) blobs.set(blob.digest, blob);
  }
  return { source, manifests, blobs: [...blobs.values()] };
}

async function childManifests(source: BaseImage): Promise<RawManifest[]> {
  const { manifests } = parseDocument(ImageIndexSchema, source.raw.bytes, source.digest);
  return await Promise.all(manifests.map(({ digest }) => childManifest(source, digest)));
}

/** One that the image's index names. @throws SwError IMAGE_FAILED */
export async function childManifest({ registry, reference }: BaseImage, digest: string): Promise<RawManifest> {
  const raw = await getManifest(registry, reference.repository, digest);
  if (raw) return raw;
  throw new SwError("IMAGE_FAILED", `${reference.host} has lost ${digest} of ${reference.repository}`);
}

/** Copies it under each tag. */
export async function copyImage(
  ctx: Ctx,
  image: WholeImage,
  { tags, insecure }: { tags: readonly string[]; insecure: readonly string[] },
): Promise<PushSummary> {
  const summary: PushSummary = { sent: 0, blobs: { exists: 0, mounted: 0, pushed: 0 } };
  await eachTag(tags, async (tag) => {
    const target = await pushTarget(ctx, tag, { insecure, summary });
    const there = await headManifest(target.registry, target.repository, target.tag);
    if (there !== image.source.digest) await copyTo(target, image);
  });
  return summary;
}

async function copyTo(target: PushTarget, { source, manifests, blobs }: WholeImage): Promise<void> {
  const { registry, repository, tag } = target;
  registry.ctx.report.progress({
    step: "push",
    text: `Copying ${source.reference.repository} to ${registry.host}/${repository}`,
  });
  for (const blob of blobs) await pushBaseBlob(target, source, blob);
  for (const raw of manifests) {
    if (raw.digest !== source.digest) await putManifest(registry, { repository, key: raw.digest }, raw);
  }
  await putManifest(registry, { repository, key: tag }, source.raw);
}

/** For a layout on this machine. */
export async function wholeBlobs({ source, manifests, blobs }: WholeImage): Promise<LayoutBlob[]> {
  const files: LayoutBlob[] = [];
  for (const { digest, size } of blobs) files.push({ digest, path: await baseBlob(source, { digest, size }) });
  const all = manifests.some(({ digest }) => digest === source.digest) ? manifests : [...manifests, source.raw];
  return [...files, ...all];
}

/** For a docker archive on this machine; the image has one platform. */
export async function wholeArchive(source: BaseImage): Promise<ArchiveImage> {
  const { config, layers } = parseDocument(ImageManifestSchema, source.raw.bytes, source.digest);
  const bytes = await Bun.file(await baseBlob(source, config)).bytes();
  return { base: source, config: { ...config, bytes }, baseLayers: layers, layers: [] };
}
