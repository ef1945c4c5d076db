/**
 * conda's names of platforms, and what a machine of each offers to a solve (virtual packages).
 * Pure. Tests: test/unit/core/conda/platform.test.ts
 */

import { SwError } from "#core/errors.ts";
import type { PlatformName } from "#core/lock/platforms.ts";
import type { Env } from "#core/platform/env.ts";

export type Subdir = "linux-64" | "linux-aarch64" | "osx-64" | "osx-arm64";

const SUBDIRS: Readonly<Record<string, Subdir>> = {
  "linux-x86_64": "linux-64",
  "linux-aarch64": "linux-aarch64",
  "darwin-x86_64": "osx-64",
  "darwin-arm64": "osx-arm64",
};

/** @throws SwError PLATFORM_NOT_COVERED for a platform that conda has no packages for */
export function subdirOf(platform: PlatformName): Subdir {
  const subdir = SUBDIRS[platform];
  if (subdir) return subdir;
  throw new SwError("PLATFORM_NOT_COVERED", `conda has no packages for ${platform}`);
}

export const platformOf = (subdir: string): PlatformName | undefined =>
  Object.keys(SUBDIRS).find((name) => SUBDIRS[name] === subdir);

export interface VirtualPackage {
  name: string;
  version: string;
  build: string;
}

// Ubuntu 20.04, which runtimes are made for (environment.os), has this glibc.
const GLIBC = "2.31";
const ARCH: Readonly<Record<Subdir, string>> = {
  "linux-64": "x86_64",
  "linux-aarch64": "aarch64",
  "osx-64": "x86_64",
  "osx-arm64": "m1",
};

/**
 * CUDA is what the runtime asks for, whatever this machine or the shell of who builds has; where it asks for none, and for
 * everything else, CONDA_OVERRIDE_* counts as in conda.
 */
export function virtualPackages(subdir: Subdir, { cuda, env }: { cuda: string; env: Env }): VirtualPackage[] {
  const isLinux = subdir.startsWith("linux");
  const wanted = cuda || env.CONDA_OVERRIDE_CUDA;
  return [
    { name: "__unix", version: "0", build: "0" },
    ...(isLinux
      ? [
          { name: "__linux", version: env.CONDA_OVERRIDE_LINUX || "5.10", build: "0" },
          { name: "__glibc", version: env.CONDA_OVERRIDE_GLIBC || GLIBC, build: "0" },
        ]
      : [{ name: "__osx", version: env.CONDA_OVERRIDE_OSX || "11.0", build: "0" }]),
    { name: "__archspec", version: "1", build: env.CONDA_OVERRIDE_ARCHSPEC || ARCH[subdir] },
    ...(wanted ? [{ name: "__cuda", version: wanted, build: "0" }] : []),
  ];
}
