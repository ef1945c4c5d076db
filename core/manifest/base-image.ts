/**
 * Names of the built-in base images.
 * Owns: the default repository, the image version, the name's form. Whether an image exists is its registry's answer.
 * Tests: test/unit/core/manifest/base-image.test.ts
 */

/** The only place of this name; `SW_IMAGE_REPO` and the config's `docker.builtin_image_repo` replace it. */
export const DEFAULT_IMAGE_REPO = "docker-registry.starwhale.cn/star-whale";

/** The images' own version; `SW_CUSTOM_BASE_IMAGE_VERSION` replaces it. */
export const BASE_IMAGE_VERSION = "0.3.4";

const PYTHONS_WITH_IMAGE = ["3.7", "3.8", "3.9", "3.10", "3.11"];

export interface BuiltinImage {
  fullname: string;
  repo: string;
  name: string;
  tag: string;
}

export interface BaseImageChoice {
  cuda: string;
  cudnn: string;
  /** Default: DEFAULT_IMAGE_REPO. */
  repo?: string;
  /** Default: BASE_IMAGE_VERSION. */
  imageVersion?: string;
}

/** `{repo}/base:0.3.4`, or `{repo}/cuda:11.4-cudnn8-base0.3.4` with CUDA. */
export function builtinImage({ cuda, cudnn, ...choice }: BaseImageChoice): BuiltinImage {
  const repo = (choice.repo || DEFAULT_IMAGE_REPO).replace(/\/+$/, "");
  const version = choice.imageVersion || BASE_IMAGE_VERSION;
  const name = cuda ? "cuda" : "base";
  const tag = cuda ? [cuda, cudnn && `cudnn${cudnn}`, `base${version}`].filter(Boolean).join("-") : version;
  return { fullname: `${repo}/${name}:${tag}`, repo, name, tag };
}

/** Newer Pythons have no built-in image and need `environment.docker.image`. */
export const hasBuiltinImage = (python: string) => PYTHONS_WITH_IMAGE.includes(python);
