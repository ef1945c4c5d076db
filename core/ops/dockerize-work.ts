/**
 * What a dockerize works on, read and checked before any work: it asks no registry and no engine, and loads neither.
 * Tests: test/e2e/jobs.test.ts, test/e2e/dockerize.test.ts
 */
import { isAbsolute } from "pathe";
import { readConfig } from "#core/config/config-file.ts";
import type { Ctx } from "#core/context.ts";
import { baseImageName, type Output } from "#core/docker/image-plan.ts";
import { imagePlatforms } from "#core/docker/platforms.ts";
import { readManifest } from "#core/env/recipe.ts";
import { isImageRuntime } from "#core/env/refuse-image.ts";
import { SwError } from "#core/errors.ts";
import type { PackageManifest } from "#core/manifest/package-manifest.ts";
import { formatReference, isHost, parseReference } from "#core/oci/reference.ts";
import type { DockerizeParams, Dockerizing } from "#core/ops/dockerizing.ts";
import { localUri, resolveLocal } from "#core/ops/target.ts";
import { expandHome } from "#core/platform/paths.ts";
import { readVersion } from "#core/store/versions.ts";

/**
 * What can be known to be wrong before any work, so that no job is made of it; asks no registry and no engine.
 * @returns the URI of the version that is meant now
 * @throws SwError USAGE, RUNTIME_NOT_FOUND
 */
export async function checkDockerize(ctx: Ctx, params: DockerizeParams): Promise<string> {
  const work = await readWork(ctx, params);
  imagePlatforms(params.platforms);
  if (ownImage(work.manifest) === undefined) await baseName(ctx, work);
  return work.uri;
}

export async function readWork(ctx: Ctx, params: DockerizeParams): Promise<Dockerizing> {
  refuseContradictions(params);
  refuseNoNames(params);
  const resolved = await resolveLocal(ctx, params.uri);
  const version = await readVersion(ctx, resolved.version.id);
  const manifest = await readManifest(ctx, version);
  return {
    params,
    name: resolved.ref.name,
    uri: localUri(resolved.ref.project, resolved.ref.name, version.id),
    version,
    manifest,
    output: outputOf(ctx, params),
    tags: tagsOf(params, manifest, version.id),
  };
}

/** The image that is the runtime, if it is one. */
export const ownImage = (manifest: PackageManifest): string | undefined =>
  manifest.configs.docker.image || (isImageRuntime(manifest) ? manifest.docker.custom_run_image : undefined);

/** `<image>:<version>`, without the tag or digest that the image was written with. */
export function versionTag(image: string, version: string): string {
  return formatReference({ ...parseReference(image), tag: version, digest: undefined });
}

function tagsOf(params: DockerizeParams, manifest: PackageManifest, version: string): string[] {
  if (params.tags.length > 0) return [...new Set(params.tags.map((tag) => formatReference(taggable(tag))))];
  const image = ownImage(manifest);
  if (image !== undefined) return [versionTag(image, version)];
  if (params.to?.startsWith("oci-layout=")) return [];
  throw new SwError("USAGE", "name the image with -t, or set configs.docker.image in the runtime.yaml", {
    hint: "For example: -t registry.example/team/demo:1.0",
  });
}

function taggable(text: string) {
  const reference = parseReference(text);
  if (reference.digest === undefined) return reference;
  throw new SwError("USAGE", `${text} names a digest; a tag is needed`, { hint: "For example: demo:1.0" });
}

/** @throws SwError USAGE */
function refuseContradictions({ to, push, builder, engine, compression, format }: DockerizeParams): void {
  if (to !== undefined && push) throw new SwError("USAGE", "--push and --to exclude each other");
  if (compression === "zstd" && format === "docker") throw zstdInDocker();
  if (builder === undefined || engine !== "direct") return;
  throw new SwError("USAGE", "--builder names a builder of buildx, which --engine direct does not use", {
    hint: "Leave one of the two out.",
  });
}

/** What names nothing (a variable of a script that is not set) must not mean the default. @throws SwError USAGE */
function refuseNoNames({ baseImage, builder, insecure }: DockerizeParams): void {
  if (baseImage !== undefined) parseReference(baseImage);
  if (builder?.trim() === "") throw new SwError("USAGE", "--builder names no builder");
  const odd = insecure.find((host) => !isHost(host));
  if (odd === undefined) return;
  throw new SwError("USAGE", `${JSON.stringify(odd)} is no host of a registry`, {
    hint: "Give it as in the image's name: --insecure-registry registry.example:5000",
  });
}

const zstdInDocker = () =>
  new SwError("USAGE", "docker's own manifests can't name layers in zstd", {
    hint: "Leave --format docker or --compression zstd out.",
  });

function outputOf(ctx: Ctx, params: DockerizeParams): Output {
  if (params.push) return { kind: "registry" };
  if (params.to === undefined) return { kind: "engine" };
  const [, kind, path = ""] = /^(oci-layout|docker-archive)=(.+)$/s.exec(params.to) ?? [];
  if (kind !== "oci-layout" && kind !== "docker-archive") {
    throw new SwError("USAGE", `--to ${params.to}: unknown destination`, {
      hint: "Use oci-layout=DIR or docker-archive=FILE.",
    });
  }
  if (path === "-") {
    throw new SwError("USAGE", "an image can't be written to stdout", {
      hint: `Name a ${kind === "oci-layout" ? "folder" : "file"}; one with the name "-" is --to ${kind}=./-`,
    });
  }
  const expanded = expandHome(ctx.env, path).replace(/(.)\/+$/, "$1");
  return { kind, path: isAbsolute(expanded) ? expanded : `${ctx.cwd}/${expanded}` };
}

/** SW_IMAGE_REPO wins over the config, which wins over what the builder's machine said. */
export async function baseName(ctx: Ctx, { params, manifest }: Dockerizing): Promise<string> {
  const repo = ctx.env.SW_IMAGE_REPO || (await readConfig(ctx)).imageRepo;
  return baseImageName({ manifest, asked: params.baseImage, repo });
}
