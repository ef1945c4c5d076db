/**
 * Platforms of images: how people write them, and what registries, locks and uv call them. Pure.
 * Tests: test/unit/core/docker/platforms.test.ts
 */
import { SwError } from "#core/errors.ts";
import type { PlatformName } from "#core/lock/platforms.ts";

export interface ImagePlatform {
  /** `linux/amd64`, as docker says it. */
  readonly name: string;
  readonly architecture: "amd64" | "arm64";
  /** What registries add for arm64. */
  readonly variant: string | undefined;
  /** The lock's name. */
  readonly lock: PlatformName;
  /** The machine in uv's names of platforms. */
  readonly machine: "x86_64" | "aarch64";
}

const AMD64: ImagePlatform = {
  name: "linux/amd64",
  architecture: "amd64",
  variant: undefined,
  lock: "linux-x86_64",
  machine: "x86_64",
};
const ARM64: ImagePlatform = {
  name: "linux/arm64",
  architecture: "arm64",
  variant: "v8",
  lock: "linux-aarch64",
  machine: "aarch64",
};

/** In the order that images have them. */
export const ALL_PLATFORMS: readonly ImagePlatform[] = [AMD64, ARM64];

const NAMES: Readonly<Record<string, ImagePlatform>> = {
  amd64: AMD64,
  x86_64: AMD64,
  arm64: ARM64,
  aarch64: ARM64,
  "arm64/v8": ARM64,
};

/** Each platform once, in a fixed order; nothing given means amd64 on every host. @throws SwError USAGE */
export function imagePlatforms(names: readonly string[]): ImagePlatform[] {
  const asked = (names.length === 0 ? ["amd64"] : names).flatMap((name) => name.split(",")).map(platformOf);
  return ALL_PLATFORMS.filter((platform) => asked.includes(platform));
}

function platformOf(text: string): ImagePlatform {
  const name = text.trim().toLowerCase();
  const platform = NAMES[name.replace(/^linux\//, "")];
  if (platform) return platform;
  throw new SwError("USAGE", `the platform ${JSON.stringify(text)} is not supported`, { hint: "Use amd64 or arm64." });
}
