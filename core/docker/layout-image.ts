/** A finished image as an OCI layout or a docker archive on this machine. Tests: test/e2e/dockerize.test.ts */

import type { Ctx } from "#core/context.ts";
import { baseBlob } from "#core/docker/base-image.ts";
import type { DirectImage } from "#core/docker/direct-engine.ts";
import type { PlatformImage } from "#core/docker/image-config.ts";
import { checkedLayer } from "#core/docker/layer-cache.ts";
import { type LayoutBlob, writeLayout } from "#core/oci/layout.ts";
import { descriptorOf } from "#core/oci/manifest.ts";
import { parseReference } from "#core/oci/reference.ts";

/** Tags become `org.opencontainers.image.ref.name`, as skopeo and docker read it. */
export async function writeImageLayout(
  ctx: Ctx,
  image: DirectImage,
  { dir, tags }: { dir: string; tags: readonly string[] },
): Promise<void> {
  const names = tags.length === 0 ? [undefined] : tags.map((tag) => parseReference(tag).tag);
  const manifests = [...new Set(names)].map((name) => ({
    ...descriptorOf(image.top),
    ...(name !== undefined && { annotations: { "org.opencontainers.image.ref.name": name } }),
  }));
  await writeLayout({ dir, manifests, blobs: await imageBlobs(ctx, image) });
}

/** Everything that the image is made of, each once. */
export async function imageBlobs(ctx: Ctx, image: DirectImage): Promise<LayoutBlob[]> {
  const blobs = new Map<string, LayoutBlob>();
  const add = (blob: LayoutBlob) => blobs.set(blob.digest, blob);
  for (const platform of image.platforms) for (const blob of await platformBlobs(ctx, image, platform)) add(blob);
  add(image.top);
  return [...blobs.values()];
}

async function platformBlobs(ctx: Ctx, image: DirectImage, platform: PlatformImage): Promise<LayoutBlob[]> {
  const layers: LayoutBlob[] = [];
  for (const { digest, size } of platform.baseLayers) {
    layers.push({ digest, path: await baseBlob(image.base, { digest, size }) });
  }
  for (const { layer } of platform.layers) {
    layers.push({ digest: layer.digest, path: await checkedLayer(ctx, layer.digest) });
  }
  return [...layers, platform.config, platform.manifest];
}
