/** A runtime for tests of images: a manifest, a recipe that needs nothing, a base of one layer. */
import type { BasePlatform } from "#core/docker/base-image.ts";
import { type ImagePlan, imagePlan, type PlanInput } from "#core/docker/image-plan.ts";
import { imagePlatforms } from "#core/docker/platforms.ts";
import type { Recipe } from "#core/env/recipe.ts";
import type { PackageManifest } from "#core/manifest/package-manifest.ts";
import { parseManifest } from "#core/manifest/parse-manifest.ts";
import { OCI_LAYER_GZIP } from "#core/oci/media-types.ts";

export const manifest = (yaml = ""): PackageManifest =>
  parseManifest(`version: ${"a".repeat(40)}\nenvironment: { python: '3.11' }\n${yaml}`);

export const recipe: Recipe = {
  ...{ mode: "venv", python: "3.11", platforms: [], requirements: undefined, vcs: undefined, conda: undefined },
  ...{ locked: true, wheels: [], files: [], pip: { indexUrl: "", extraIndexUrl: [], trustedHost: [] } },
};

export const planOf = (more: Partial<PlanInput> = {}): ImagePlan =>
  imagePlan({
    ...{ name: "demo", version: "v".repeat(40), manifest: manifest(), recipe, tags: ["x:1"], platforms: [] },
    ...{ base: "base:1", output: { kind: "registry" } },
    ...more,
  });

export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

export function baseOf(architecture: "amd64" | "arm64", env: string[] = []): BasePlatform {
  const [platform] = imagePlatforms([architecture]);
  if (!platform) throw new Error("no platform");
  const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest: digest("c"), size: 1 };
  return {
    platform,
    path: "/usr/bin:/bin",
    manifest: {
      schemaVersion: 2,
      config,
      layers: [{ mediaType: OCI_LAYER_GZIP, digest: digest("b"), size: 10, annotations: { x: "y" } }],
    },
    config: {
      ...{
        architecture,
        os: "linux",
        config: { Env: env, Entrypoint: ["/init"], Labels: { theirs: "1" }, User: "me" },
      },
      ...{ rootfs: { type: "layers", diff_ids: [digest("d")] }, history: [{ created: "2024-05-06T00:00:00Z" }] },
    },
  };
}
