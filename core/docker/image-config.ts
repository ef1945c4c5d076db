/**
 * Config and manifest of an image: the base's, with our layers, variables and labels. The same input gives the same
 * bytes: no times but 1970, keys sorted. Pure. Tests: test/unit/core/docker/image-config.test.ts
 */

import type { BasePlatform } from "#core/docker/base-image.ts";
import { CMD, PREFIX, WORKDIR } from "#core/docker/image-layout.ts";
import type { Layer } from "#core/docker/layer-writer.ts";
import type { ImagePlatform } from "#core/docker/platforms.ts";
import { SwError } from "#core/errors.ts";
import { type Descriptor, descriptorOf, encodeManifest, type RawManifest } from "#core/oci/manifest.ts";
import {
  DOCKER_CONFIG,
  DOCKER_LAYER,
  DOCKER_LAYER_GZIP,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
} from "#core/oci/media-types.ts";

export type ImageFormat = "oci" | "docker";

export interface TitledLayer {
  readonly title: string;
  readonly layer: Layer;
}

export interface PlatformImage {
  readonly platform: ImagePlatform;
  readonly manifest: RawManifest;
  readonly config: RawManifest;
  /** The base's, lowest first. */
  readonly baseLayers: readonly Descriptor[];
  readonly layers: readonly TitledLayer[];
}

export interface ConfigInput {
  readonly base: BasePlatform;
  readonly layers: readonly TitledLayer[];
  readonly variables: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly format: ImageFormat;
}

const EPOCH = "1970-01-01T00:00:00Z";

export function platformImage(input: ConfigInput): PlatformImage {
  const { base, layers, format } = input;
  const config = encodeManifest(format === "docker" ? DOCKER_CONFIG : OCI_CONFIG, imageConfig(input));
  const mediaType = format === "docker" ? DOCKER_MANIFEST : OCI_MANIFEST;
  const baseLayers = base.manifest.layers.map((layer) => inFormat(plainDescriptor(layer), format));
  const own = layers.map(({ layer }) => inFormat(plainDescriptor(layer), format));
  const document = { schemaVersion: 2, mediaType, config: descriptorOf(config), layers: [...baseLayers, ...own] };
  return { platform: base.platform, manifest: encodeManifest(mediaType, document), config, baseLayers, layers };
}

/** One platform is its manifest; several are an index of them. */
export function topManifest(images: readonly PlatformImage[], format: ImageFormat): RawManifest {
  const [only, ...others] = images;
  if (only && others.length === 0) return only.manifest;
  const mediaType = format === "docker" ? DOCKER_LIST : OCI_INDEX;
  const manifests = images.map(({ platform, manifest }) => ({
    ...descriptorOf(manifest),
    platform: { architecture: platform.architecture, os: "linux", variant: platform.variant },
  }));
  return encodeManifest(mediaType, { schemaVersion: 2, mediaType, manifests });
}

function imageConfig({ base, layers, variables, labels }: ConfigInput): unknown {
  const { config } = base;
  return {
    ...config,
    created: EPOCH,
    config: {
      ...config.config,
      Env: mergeEnv(config.config?.Env ?? [], { PATH: `${PREFIX}/bin:${base.path}`, ...variables }),
      Cmd: CMD,
      Labels: { ...config.config?.Labels, ...labels },
      WorkingDir: WORKDIR,
    },
    history: [
      ...(config.history ?? []),
      ...layers.map(({ title }) => ({ created: EPOCH, created_by: `swcli runtime dockerize: ${title}` })),
    ],
    rootfs: {
      ...config.rootfs,
      diff_ids: [...config.rootfs.diff_ids, ...layers.map(({ layer }) => layer.diffId)],
    },
  };
}

/** Replaced in place, so that the base's order stays; new ones follow in the order given. */
function mergeEnv(base: readonly string[], ours: Readonly<Record<string, string>>): string[] {
  const nameOf = (line: string) => line.slice(0, line.indexOf("="));
  const replaced = base.map((line) => (nameOf(line) in ours ? `${nameOf(line)}=${ours[nameOf(line)]}` : line));
  const known = new Set(base.map(nameOf));
  const added = Object.entries(ours).filter(([name]) => !known.has(name));
  return [...replaced, ...added.map(([name, value]) => `${name}=${value}`)];
}

const plainDescriptor = ({ mediaType, digest, size }: { mediaType: string; digest: string; size: number }) => ({
  mediaType,
  digest,
  size,
});

const LAYER_NAMES = [
  { oci: OCI_LAYER_GZIP, docker: DOCKER_LAYER_GZIP },
  { oci: OCI_LAYER, docker: DOCKER_LAYER },
];

/** The same bytes have another name in the other format. @throws SwError IMAGE_FAILED where they have none */
function inFormat(descriptor: Descriptor, format: ImageFormat): Descriptor {
  const { mediaType } = descriptor;
  if (format === "docker" && mediaType === OCI_LAYER_ZSTD) {
    throw new SwError("IMAGE_FAILED", "the base image has layers in zstd, which docker's own manifests can't name", {
      hint: "Leave --format docker out, or name another --base-image.",
    });
  }
  const names = LAYER_NAMES.find(({ oci, docker }) => mediaType === oci || mediaType === docker);
  return names ? { ...descriptor, mediaType: names[format] } : descriptor;
}
