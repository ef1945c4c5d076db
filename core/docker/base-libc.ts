/**
 * The C library of a base image: which one, and how new, since that decides which wheels run in it. Pure.
 * Tests: test/unit/core/docker/base-libc.test.ts
 */
import type { Tree } from "#core/docker/base-python.ts";
import type { Names } from "#core/docker/layer-names.ts";
import type { ImagePlatform } from "#core/docker/platforms.ts";

export interface Libc {
  readonly kind: "glibc" | "musl";
  /** The N of glibc 2.N; undefined where the layers do not tell. */
  readonly minor?: number | undefined;
}

/** What most images have, for those that nobody looked into. */
export const SOME_GLIBC: Libc = { kind: "glibc" };

/** Of the layers, lowest first, and the tree that they make. */
export function baseLibc(layers: readonly Names[], tree: Tree, { machine }: Pick<ImagePlatform, "machine">): Libc {
  const isOwn = (path: string) => !path.includes("-linux-gnu/") || path.includes(`/${machine}-linux-gnu/`);
  const minor = layers
    .flat()
    .findLast(({ path, glibc }) => glibc !== undefined && isOwn(path) && tree.has(`/${path}`))?.glibc;
  if (minor !== undefined) return { kind: "glibc", minor };
  return [...tree.keys()].some((path) => /\/ld-musl-/.test(path)) ? { kind: "musl" } : SOME_GLIBC;
}

/** glibc 2.N as uv's names of platforms have it. */
const UV_GLIBCS: readonly number[] = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40];

// Where the base does not tell its own; Ubuntu 20.04 and Debian 11 have newer ones.
const ASSUMED_GLIBC = 28;

/** The platform that uv chooses wheels for: never newer than the C library, which would not run them. */
export function uvPlatform({ machine }: Pick<ImagePlatform, "machine">, { kind, minor }: Libc): string {
  if (kind === "musl") return `${machine}-unknown-linux-musl`;
  const known = UV_GLIBCS.findLast((one) => one <= (minor ?? ASSUMED_GLIBC)) ?? UV_GLIBCS[0];
  return `${machine}-manylinux_2_${known}`;
}

/** The same said by a Python inside the image, for an engine that has not looked into the base. */
export const UV_PLATFORM_SCRIPT = `import os, platform
try:
    minor = int(os.confstr("CS_GNU_LIBC_VERSION").split(".")[1])
    known = [one for one in ${JSON.stringify(UV_GLIBCS)} if one <= minor] or [${UV_GLIBCS[0]}]
    print(platform.machine() + "-manylinux_2_%d" % known[-1])
except (ValueError, OSError):
    print(platform.machine() + "-unknown-linux-musl")
`;
