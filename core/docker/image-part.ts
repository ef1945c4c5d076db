/**
 * An image that exists, for the platforms that were asked for: what it has, and an index or manifest of the chosen ones.
 * Tests: test/e2e/dockerize-image.test.ts
 */
import { type BaseImage, baseBlob } from "#core/docker/base-image.ts";
import { childManifest } from "#core/docker/copy-image.ts";
import type { ImagePlatform } from "#core/docker/platforms.ts";
import { SwError } from "#core/errors.ts";
import {
  type Descriptor,
  descriptorOf,
  encodeManifest,
  ImageConfigSchema,
  ImageIndexSchema,
  ImageManifestSchema,
  isIndex,
  parseDocument,
} from "#core/oci/manifest.ts";

export interface Offered {
  /** `linux/amd64` */
  readonly platform: string;
  readonly descriptor: Descriptor;
}

/** What can be run of it; attestations beside it are for no platform. */
export async function offeredBy(source: BaseImage): Promise<Offered[]> {
  const { raw } = source;
  if (!isIndex(raw)) return [{ platform: await platformOf(source), descriptor: descriptorOf(raw) }];
  const { manifests } = parseDocument(ImageIndexSchema, raw.bytes, raw.digest);
  return manifests.flatMap((descriptor) => {
    const { platform } = descriptor;
    return platform && platform.os !== "unknown" ? [{ platform: nameOf(platform), descriptor }] : [];
  });
}

/** 64 bits have one variant that counts. */
const nameOf = ({ os, architecture, variant }: { os: string; architecture: string; variant?: string }) =>
  `${os}/${architecture}${variant && architecture === "arm" ? `/${variant}` : ""}`;

async function platformOf(source: BaseImage): Promise<string> {
  const { config } = parseDocument(ImageManifestSchema, source.raw.bytes, source.digest);
  const file = await baseBlob(source, config);
  return nameOf(parseDocument(ImageConfigSchema, await Bun.file(file).bytes(), config.digest));
}

/** Without `asked` what it is for. @throws SwError IMAGE_FAILED that names what there is */
export function chooseOffered(
  image: string,
  offered: readonly Offered[],
  asked: readonly Pick<ImagePlatform, "name">[],
): Offered[] {
  return asked.map(({ name }) => {
    const found = offered.find(({ platform }) => platform === name);
    if (found) return found;
    throw notFor(image, name, offered.map(({ platform }) => platform).join(", "));
  });
}

export const notFor = (image: string, platform: string, offered: string): SwError =>
  new SwError("IMAGE_FAILED", `${image} is not there for ${platform}, only for ${offered}`, {
    hint: "Leave --platform out, or name one that is there.",
  });

/** The whole where all of it was chosen, so that its digest stays. @throws SwError IMAGE_FAILED */
export async function imagePart(
  source: BaseImage,
  offered: readonly Offered[],
  chosen: readonly Offered[],
): Promise<BaseImage> {
  if (chosen.length === 0 || chosen.length === offered.length) return source;
  const [only, ...others] = chosen;
  if (only && others.length === 0) {
    const { digest } = only.descriptor;
    return { ...source, raw: await childManifest(source, digest), digest };
  }
  const { mediaType } = source.raw;
  const manifests = chosen.map(({ descriptor }) => descriptor);
  const raw = encodeManifest(mediaType, { schemaVersion: 2, mediaType, manifests });
  return { ...source, raw, digest: raw.digest };
}
