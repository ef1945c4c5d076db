/**
 * The folder that buildx gets: Dockerfile, uv for each platform, lock, wheels and what is copied to `/`.
 * Tests: test/e2e/dockerize-buildx.test.ts, test/unit/core/docker/build-context.test.ts
 */
import { chmod, copyFile, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname } from "pathe";
import type { Ctx } from "#core/context.ts";
import { SOME_GLIBC, UV_PLATFORM_SCRIPT } from "#core/docker/base-libc.ts";
import { type BuildSettings, writeSettings } from "#core/docker/build-settings.ts";
import { condaPackages } from "#core/docker/conda-layers.ts";
import { type ContextFacts, dockerfile } from "#core/docker/dockerfile.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import { layerEntries } from "#core/docker/layer-entry.ts";
import { managedPythonEntries } from "#core/docker/managed-python.ts";
import type { ImagePlatform } from "#core/docker/platforms.ts";
import { runtimeEntries, runtimeLayerEntries } from "#core/docker/runtime-layer.ts";
import { targetUv } from "#core/docker/target-uv.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { linkWheels } from "#core/env/wheel-links.ts";
import { SwError } from "#core/errors.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";
import { blobPath, readBlobText } from "#core/store/blobs.ts";
import type { Version } from "#core/store/versions.ts";
import type { TarEntry } from "#core/swrt/tar-writer.ts";

export interface ContextInput {
  readonly plan: ImagePlan;
  readonly recipe: Recipe;
  readonly version: Version;
  readonly settings: BuildSettings;
  /** The base has no Python that fits: one is brought along. */
  readonly ownPython?: boolean;
}

/** @returns the Dockerfile's text */
export async function writeContext(ctx: Ctx, dir: string, input: ContextInput): Promise<string> {
  const { plan, recipe, version } = input;
  const facts = { ...(await contextFacts(ctx, recipe)), ownPython: input.ownPython === true };
  const text = dockerfile(plan, facts);
  await placeFolder(`${dir}/root`, 0o755);
  await writeFile(`${dir}/Dockerfile`, text);
  await writeFile(`${dir}/uv-platform.py`, UV_PLATFORM_SCRIPT);
  await writeSettings(dir, input.settings);
  for (const platform of plan.platforms) await placeUv(ctx, dir, platform);
  if (facts.hasLock) await writeFile(`${dir}/requirements.txt`, await lockText(ctx, recipe.requirements));
  if (facts.hasVcs) await writeFile(`${dir}/vcs.txt`, await lockText(ctx, recipe.vcs));
  if (facts.conda) for (const platform of plan.platforms) await placeConda(ctx, dir, { recipe, platform, plan });
  if (facts.ownPython) for (const platform of plan.platforms) await placePython(ctx, dir, { platform, plan });
  await placeWheels(ctx, `${dir}/wheels`, recipe);
  const entries = runtimeLayerEntries(await runtimeEntries(ctx, version, recipe.files));
  for (const entry of entries) await placeEntry(`${dir}/root`, entry);
  return text;
}

/** What the Dockerfile has to say; also for a dry run, which writes nothing. */
export async function contextFacts(ctx: Ctx, recipe: Recipe): Promise<ContextFacts> {
  const lock = await lockText(ctx, recipe.requirements);
  const links = recipe.wheels.length === 0 ? [] : (await linkWheels(ctx, recipe.wheels)).requirements;
  return {
    ownPython: false,
    conda: recipe.mode === "conda",
    hasLock: hasLines(lock),
    hashed: lock.includes("--hash="),
    hasVcs: hasLines(await lockText(ctx, recipe.vcs)),
    wheelPins: [...new Set(links)].sort(),
  };
}

const hasLines = (lock: string) => /^[A-Za-z0-9]/m.test(lock);

const lockText = async (ctx: Ctx, digest: string | undefined) =>
  digest === undefined ? "" : await readBlobText(ctx, digest);

async function placeUv(ctx: Ctx, dir: string, platform: ImagePlatform): Promise<void> {
  const target = `${dir}/uv-${platform.architecture}`;
  await copyFile(await targetUv(ctx, platform), target);
  await chmod(target, 0o755);
  await utimes(target, 0, 0);
}

/** Linked on this machine, since bases have no conda; what takes glibc in the image is found out when it runs. */
async function placeConda(
  ctx: Ctx,
  dir: string,
  { recipe, platform, plan }: { recipe: Recipe; platform: ImagePlatform; plan: ImagePlan },
): Promise<void> {
  const staging = `${dirname(dir)}/conda-${platform.architecture}`;
  const target = { platform, libc: SOME_GLIBC, python: plan.python };
  const packages = await condaPackages(ctx, { recipe, target }, staging);
  const entries = layerEntries(packages.flatMap(({ entries }) => entries));
  for (const entry of entries) await placeEntry(`${dir}/conda-${platform.architecture}`, entry);
  await removeTree(staging);
}

async function placePython(
  ctx: Ctx,
  dir: string,
  { platform, plan }: { platform: ImagePlatform; plan: ImagePlan },
): Promise<void> {
  const staging = `${dirname(dir)}/python-${platform.architecture}`;
  const entries = await managedPythonEntries(ctx, { platform, libc: SOME_GLIBC, python: plan.python }, staging);
  for (const entry of entries) await placeEntry(`${dir}/python-${platform.architecture}`, entry);
  await removeTree(staging);
}

async function placeWheels(ctx: Ctx, dir: string, recipe: Recipe): Promise<void> {
  if (recipe.wheels.length === 0) return;
  await mkdir(dir, { recursive: true });
  for (const { name, sha256 } of recipe.wheels) await copyFile(blobPath(ctx, sha256), `${dir}/${name}`);
}

async function placeEntry(root: string, entry: TarEntry): Promise<void> {
  const target = `${root}/${entry.path}`;
  if (entry.type === "dir") return await placeFolder(target, entry.mode);
  await mkdir(dirname(target), { recursive: true });
  if (entry.type === "symlink") return await symlink(entry.link ?? "", target);
  if (!entry.open) throw new SwError("INTERNAL", `no content for ${entry.path}`);
  await writeFile(target, entry.open(), { mode: entry.mode });
  await chmod(target, entry.mode);
}

/** Its mode becomes that of the image's folder, so the builder's umask must not count. */
async function placeFolder(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, mode);
}
