/**
 * What an image shall be, as data: decided from the runtime and the options before anything is made; `--dry-run` prints
 * it. Pure. Tests: test/unit/core/docker/image-plan.test.ts
 */
import type { ImageFormat } from "#core/docker/image-config.ts";
import type { ImageSubject } from "#core/docker/image-layout.ts";
import type { Compression } from "#core/docker/layer-writer.ts";
import { ALL_PLATFORMS, type ImagePlatform, imagePlatforms } from "#core/docker/platforms.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { SwError } from "#core/errors.ts";
import { hasBuiltinImage } from "#core/manifest/base-image.ts";
import type { PackageManifest } from "#core/manifest/package-manifest.ts";
import { manifestDependencies } from "#core/manifest/parse-manifest.ts";
import { formatReference, parseReference } from "#core/oci/reference.ts";

export type Output =
  | { readonly kind: "registry" }
  | { readonly kind: "engine" }
  | { readonly kind: "oci-layout" | "docker-archive"; readonly path: string };

export interface ImagePlan {
  readonly subject: ImageSubject;
  readonly python: string;
  /** Full names, with host and tag. */
  readonly tags: readonly string[];
  readonly platforms: readonly ImagePlatform[];
  readonly base: string;
  /** Each is run inside the image, in this order. */
  readonly commands: readonly string[];
  readonly output: Output;
  readonly compression: Compression;
  readonly format: ImageFormat;
  readonly builder: string | undefined;
}

export interface PlanInput {
  readonly name: string;
  readonly version: string;
  readonly manifest: PackageManifest;
  readonly recipe: Recipe;
  /** That an environment.yml sets. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly platforms: readonly string[];
  readonly base: string;
  readonly output: Output;
  readonly compression?: Compression;
  readonly format?: ImageFormat;
  readonly builder?: string;
}

/** @throws SwError USAGE, PLATFORM_NOT_COVERED */
export function imagePlan(input: PlanInput): ImagePlan {
  const { name, version, manifest, recipe } = input;
  const platforms = imagePlatforms(input.platforms);
  refuseUncovered(recipe, platforms, input.platforms.length > 0);
  return {
    subject: { name, version, python: recipe.python, manifest, variables: input.variables },
    python: recipe.python,
    tags: input.tags.map((tag) => formatReference(parseReference(tag))),
    platforms,
    base: input.base,
    commands: commandsOf(manifest),
    output: input.output,
    compression: compressionOf(input),
    format: input.format ?? "oci",
    builder: input.builder,
  };
}

/** Docker unpacks what it is given at once, and reads zstd only since 23.0. */
const compressionOf = ({ compression = "gzip", output }: PlanInput) =>
  output.kind === "engine" ? "gzip" : compression;

function refuseUncovered(recipe: Recipe, platforms: readonly ImagePlatform[], asked: boolean): void {
  const { platforms: locked } = recipe;
  const missing = platforms.find(({ lock }) => locked.length > 0 && !locked.includes(lock));
  if (!missing) return;
  const covered = ALL_PLATFORMS.filter(({ lock }) => locked.includes(lock)).map(({ architecture }) => architecture);
  const instead =
    covered.length === 0 ? "" : `, or ${asked ? "ask only for" : "give"} --platform ${covered.join(", ")}`;
  throw new SwError(
    "PLATFORM_NOT_COVERED",
    `this runtime is locked for ${locked.join(", ")}, not for ${missing.name}`,
    {
      hint: `Build it with ${missing.architecture} under environment.arch${instead}.`,
      detail: { platforms: locked },
    },
  );
}

export const commandsOf = (manifest: PackageManifest): string[] =>
  manifestDependencies(manifest).flatMap((dependency) =>
    dependency.kind === "command" ? dependency.items.map(({ text }) => text) : [],
  );

export interface BaseChoice {
  readonly manifest: PackageManifest;
  /** `--base-image` */
  readonly asked: string | undefined;
  /** SW_IMAGE_REPO, else the config's. */
  readonly repo: string | undefined;
}

/** The custom image of the runtime, else the built-in one under the repository that this machine uses. */
export function baseImageName({ manifest, asked, repo }: BaseChoice): string {
  if (asked) return asked;
  const { custom_run_image: custom, builtin_run_image: builtin } = manifest.docker;
  if (custom) return custom;
  const { python } = manifest.environment;
  if (!hasBuiltinImage(python)) {
    throw new SwError("USAGE", `there is no built-in base image with Python ${python}`, {
      hint: "Name one with --base-image, or environment.docker.image in the runtime.yaml.",
    });
  }
  if (!builtin.name) return manifest.base_image;
  return `${(repo || builtin.repo).replace(/\/+$/, "")}/${builtin.name}:${builtin.tag}`;
}
