/**
 * Packages for another platform, installed by uv without running anything of it: wheels only, into a scratch
 * environment whose files become layers. Tests: test/e2e/dockerize.test.ts
 */
import { indexSettings, unsetVariables } from "#core/config/index-settings.ts";
import { unsetText } from "#core/config/variables.ts";
import type { Ctx } from "#core/context.ts";
import { type Libc, uvPlatform } from "#core/docker/base-libc.ts";
import type { ImagePlatform } from "#core/docker/platforms.ts";
import { runUv } from "#core/engines/uv.ts";
import { explicitIndex, type Recipe } from "#core/env/recipe.ts";
import { linkWheels } from "#core/env/wheel-links.ts";
import { SwError } from "#core/errors.ts";
import { redactUrl } from "#core/platform/redact.ts";
import { findPython, type Python, requirePython, SUPPORTED_MINORS } from "#core/python/find.ts";
import { blobPath, readBlobText } from "#core/store/blobs.ts";

export interface Target {
  readonly platform: ImagePlatform;
  /** Of the base image. */
  readonly libc: Libc;
  /** "3.11" */
  readonly python: string;
}

export interface Scratch {
  readonly prefix: string;
  /** The minor version of the Python that the scratch environment was made with. */
  readonly minor: string;
}

/** A scratch environment at `prefix`; any Python will do, since none of the packages is run. */
export async function makeScratch(ctx: Ctx, prefix: string, python: string): Promise<Scratch> {
  const { path, minor } = await anyPython(ctx, python);
  const made = await runUv(ctx, ["venv", "--quiet", "--no-project", "--python", path, prefix]);
  if (made.exitCode !== 0) throw installFailed(made.stderr);
  return { prefix, minor };
}

async function anyPython(ctx: Ctx, wanted: string): Promise<Python> {
  for (const minor of [wanted, ...SUPPORTED_MINORS.toReversed()]) {
    const found = await findPython(ctx, minor);
    if (found) return found;
  }
  return await requirePython(ctx, wanted);
}

/** Installs the lock for the target. @throws SwError IMAGE_FAILED; `detail.needs_build` when a package has no wheel */
export async function installLocked(
  ctx: Ctx,
  scratch: Scratch,
  job: { recipe: Recipe; target: Target },
): Promise<void> {
  const { recipe, target } = job;
  if (recipe.requirements === undefined) return;
  const text = await readBlobText(ctx, recipe.requirements);
  if (!/^[A-Za-z0-9]/m.test(text)) return;
  const hashes = text.includes("--hash=") ? ["--require-hashes"] : [];
  const index = await indexSettings(ctx, { ...explicitIndex(recipe) });
  const args = [...index.args, "--no-deps", ...hashes, "-r", blobPath(ctx, recipe.requirements)];
  await install(ctx, scratch, { target, args, env: index.env });
}

/** Installs the wheels that the package carries. */
export async function installWheels(
  ctx: Ctx,
  scratch: Scratch,
  job: { recipe: Recipe; target: Target },
): Promise<void> {
  const links = await linkWheels(ctx, job.recipe.wheels);
  const folders = links.folders.flatMap((folder) => ["--find-links", folder]);
  const pins = [...new Set(links.requirements)];
  const args = ["--no-deps", "--no-index", ...folders, ...pins];
  await install(ctx, scratch, { target: job.target, args, env: {} });
}

const targetArgs = ({ platform, libc, python }: Target): string[] => [
  "--python-platform",
  uvPlatform(platform, libc),
  "--python-version",
  python,
  "--only-binary",
  ":all:",
];

async function install(
  ctx: Ctx,
  { prefix }: Scratch,
  { target, args, env }: { target: Target; args: string[]; env: Record<string, string> },
): Promise<void> {
  const argv = ["pip", "install", "--python", `${prefix}/bin/python`, ...targetArgs(target), ...args];
  const result = await runUv(ctx, argv, { env, onLine: (line) => ctx.report.log(redactUrl(line)) });
  if (result.exitCode === 0) return;
  throw newerGlibc(result.stderr, target) ?? installFailed(result.stderr, unsetVariables({ env }));
}

/** Wheels there are, but for a newer glibc than the base has. */
function newerGlibc(stderr: string, { platform, libc }: Target): SwError | undefined {
  const [, name, offered = ""] =
    /Wheels are available for `([^`]+)`.* on the following platforms?: (.*)/.exec(stderr) ?? [];
  const needed = [...offered.matchAll(/`manylinux_2_(\d+)_(\w+)`/g)]
    .filter(([, , machine]) => machine === platform.machine)
    .map(([, minor]) => Number(minor));
  if (libc.kind === "musl" || needed.length === 0) return undefined;
  const own = libc.minor === undefined ? "does not tell its own" : `has 2.${libc.minor}`;
  const message = `the wheels of ${name} need glibc 2.${Math.min(...needed)} or newer; the base image ${own}`;
  return new SwError("IMAGE_FAILED", message, {
    hint: "Name a base image with a newer one (--base-image), or use --engine buildx, which can build from sources inside the image.",
    detail: { needs_build: true, package: name },
  });
}

/** uv's words, and the way out when a package would have to be built. */
function installFailed(stderr: string, unset: readonly string[] = []): SwError {
  const text = redactUrl(stderr)
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(0, 12)
    .join("\n");
  const needsBuild =
    /no (?:usable )?wheels|has no wheels|--no-build|--only-binary|matching (?:Python|platform|ABI)/i.test(text);
  const name = /(?:Because|package|distribution(?:s)? of|wheels? (?:for|of)) `?([A-Za-z0-9][\w.-]*)/.exec(text)?.[1];
  const hint = unset.length > 0 ? `${unsetText(unset)}: an index of this runtime wants it (user:password).` : undefined;
  if (!needsBuild) return new SwError("IMAGE_FAILED", `the packages could not be installed:\n${text}`, { hint });
  return new SwError("IMAGE_FAILED", `${name ?? "a package"} has no wheel for this platform:\n${text}`, {
    hint: "Use --engine buildx, which can build it inside the image, or put a wheel of it under `wheels:`.",
    detail: { needs_build: true, package: name ?? null },
  });
}
