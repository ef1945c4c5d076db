/**
 * `docker save`'s format, which `docker load` of every version reads: one tar with `manifest.json`, config and layers.
 * One platform only. Tests: test/unit/core/docker/docker-archive.test.ts, test/e2e/dockerize.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type BaseImage, baseBlob } from "#core/docker/base-image.ts";
import type { DirectImage } from "#core/docker/direct-engine.ts";
import type { PlatformImage } from "#core/docker/image-config.ts";
import { checkedLayer } from "#core/docker/layer-cache.ts";
import { fileEntry, layerEntries, textEntry } from "#core/docker/layer-entry.ts";
import { SwError } from "#core/errors.ts";
import { onLoan } from "#core/platform/piece-loan.ts";
import { type TarEntry, tarChunks, tarSize } from "#core/swrt/tar-writer.ts";
import { writeNewFile } from "#core/transfer/new-file.ts";

/** One platform's image: what it takes from its base, and what is ours. */
export interface ArchiveImage extends Pick<PlatformImage, "config" | "baseLayers" | "layers"> {
  readonly base: BaseImage;
}

export interface ArchivePlace {
  readonly path: string;
  readonly tags: readonly string[];
}

/** Appears when it is whole. */
export async function writeDockerArchive(ctx: Ctx, image: ArchiveImage, { path, tags }: ArchivePlace): Promise<void> {
  const { chunks, size } = await dockerArchive(ctx, image, tags);
  await writeNewFile(ctx, path, { chunks, size, replace: true });
}

/** Its bytes, in pieces on loan. */
export async function dockerArchive(
  ctx: Ctx,
  image: ArchiveImage,
  tags: readonly string[],
): Promise<{ chunks: AsyncIterable<Uint8Array>; size: number }> {
  const entries = await archiveEntries(ctx, image, tags);
  return { chunks: onLoan(tarChunks(entries)), size: tarSize(entries) };
}

/** What goes into an archive. @throws SwError USAGE for several platforms */
export function onlyPlatform({ platforms, base }: DirectImage): ArchiveImage {
  const [only, ...others] = platforms;
  if (only && others.length === 0) return { ...only, base };
  throw new SwError("USAGE", "a docker archive holds one platform", {
    hint: "Give one --platform, or --to oci-layout=DIR.",
  });
}

async function archiveEntries(ctx: Ctx, image: ArchiveImage, tags: readonly string[]): Promise<TarEntry[]> {
  const config = `${hex(image.config.digest)}.json`;
  const layers: { name: string; entry: TarEntry }[] = [];
  for (const { digest, size } of image.baseLayers) {
    layers.push(layerFile(digest, size, await baseBlob(image.base, { digest, size })));
  }
  for (const { layer } of image.layers) {
    layers.push(layerFile(layer.digest, layer.size, await checkedLayer(ctx, layer.digest)));
  }
  const manifest = [{ Config: config, RepoTags: tags, Layers: layers.map(({ name }) => name) }];
  return layerEntries([
    textEntry("manifest.json", JSON.stringify(manifest)),
    textEntry(config, new TextDecoder().decode(image.config.bytes)),
    ...layers.map(({ entry }) => entry),
  ]);
}

const hex = (digest: string) => digest.replace("sha256:", "");

/** docker load looks at the bytes: a compressed layer may have any name. */
function layerFile(digest: string, size: number, source: string): { name: string; entry: TarEntry } {
  const name = `${hex(digest)}.tar`;
  return { name, entry: fileEntry(name, { source, size, mode: 0o644 }) };
}
