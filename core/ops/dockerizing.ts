/** What `runtime dockerize` is asked for, and what all its ways start from. Types only. */
import type { ImageFormat } from "#core/docker/image-config.ts";
import type { Output } from "#core/docker/image-plan.ts";
import type { Compression } from "#core/docker/layer-writer.ts";
import type { PackageManifest } from "#core/manifest/package-manifest.ts";
import type { Version } from "#core/store/versions.ts";

export interface DockerizeParams {
  uri: string;
  tags: string[];
  push: boolean;
  platforms: string[];
  builder?: string;
  baseImage?: string;
  dryRun: boolean;
  engine: "auto" | "buildx" | "direct";
  /** `oci-layout=DIR` or `docker-archive=FILE` */
  to?: string;
  compression?: Compression;
  format?: ImageFormat;
  insecure: string[];
  buildAnyway: boolean;
}

/** What all ways start from. */
export interface Dockerizing {
  readonly params: DockerizeParams;
  readonly name: string;
  readonly uri: string;
  readonly version: Version;
  readonly manifest: PackageManifest;
  readonly output: Output;
  readonly tags: readonly string[];
}
