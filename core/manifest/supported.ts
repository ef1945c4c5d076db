/**
 * Which platforms, Pythons and CUDA versions a runtime may ask for.
 * Owns: the tables and their forms for people. Knows nothing of yaml. Tests: through test/unit/core/manifest/read-spec.test.ts
 */

/** The Pythons that environments are made for; those with a built-in base image are fewer (base-image.ts). */
export const PYTHON_VERSIONS = ["3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"] as const;
export const CUDA_VERSIONS = ["11.3", "11.4", "11.5", "11.6", "11.7"] as const;
export const CUDNN_VERSIONS = ["8"] as const;
/** CUDA versions for which images with cuDNN 8 exist. */
export const CUDA_WITH_CUDNN = ["11.3", "11.4", "11.5", "11.6"] as const;
export const OS_IMAGES = ["ubuntu:20.04"] as const;

const ARCH_NAMES: ReadonlyMap<string, string> = new Map([
  ["amd64", "amd64"],
  ["x86_64", "amd64"],
  ["x86-64", "amd64"],
  ["arm64", "arm64"],
  ["aarch64", "arm64"],
  ["noarch", "noarch"],
]);

/** amd64, arm64 or noarch for any usual spelling; undefined for anything else. */
export const normalArch = (text: string) => ARCH_NAMES.get(text.toLowerCase());

/** "3.8" of "3.8" or "3.8.10"; undefined when that Python is not supported. */
export function pythonMinor(text: string): string | undefined {
  const minor = /^(\d+\.\d+)(?:\.\d+(?:(?:a|b|rc)\d+)?)?$/.exec(text.trim())?.[1];
  return PYTHON_VERSIONS.find((known) => known === minor);
}

/** "3.7 to 3.13" for an ordered table. */
export const range = (known: readonly string[]) =>
  known.length > 1 ? `${known[0]} to ${known.at(-1)}` : String(known[0]);
