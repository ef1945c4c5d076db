/**
 * A venv at its final path: uv makes it, installs the lock by hashes, then VCS requirements, wheels and files.
 * Never moves or copies a prefix (scripts hold its path). Tests: test/unit/core/env/build-venv.test.ts
 */

import { indexSettings } from "#core/config/index-settings.ts";
import { isOffline } from "#core/config/offline.ts";
import type { Ctx } from "#core/context.ts";
import { runUv } from "#core/engines/uv.ts";
import { buildFailed } from "#core/env/build-error.ts";
import { carriedWheels } from "#core/env/carried-wheels.ts";
import { missingOffline } from "#core/env/missing-offline.ts";
import { placeFiles } from "#core/env/place-files.ts";
import { explicitIndex, type Recipe } from "#core/env/recipe.ts";
import { linkWheels } from "#core/env/wheel-links.ts";
import { removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import type { Python } from "#core/python/find.ts";
import { amount } from "#core/report.ts";
import { blobPath, ingestPath, readBlobText } from "#core/store/blobs.ts";

export interface VenvInput {
  prefix: string;
  recipe: Recipe;
  python: Python;
}

export async function buildVenv(ctx: Ctx, { prefix, recipe, python }: VenvInput): Promise<void> {
  ctx.report.progress({ step: "venv", text: `Making a Python ${python.version} environment` });
  await uv(ctx, ["venv", "--quiet", "--no-project", "--python", python.path, prefix], {});
  await installPip(ctx, prefix, recipe);
  await placeFiles(ctx, prefix, recipe.files);
}

/** The pip part of a recipe into a prefix that has its Python; what is in a conda prefix already stays. */
export async function installPip(ctx: Ctx, prefix: string, recipe: Recipe): Promise<void> {
  const index = await indexSettings(ctx, explicitIndex(recipe));
  const install: Install = { prefix, env: index.env, args: index.args, fresh: recipe.mode === "venv" };
  if (recipe.requirements) await installLock(ctx, install, { recipe, digest: recipe.requirements });
  if (recipe.vcs) await installVcs(ctx, install, recipe.vcs);
  if (recipe.wheels.length > 0) await installWheels(ctx, install, recipe);
}

interface Install {
  prefix: string;
  env: Record<string, string>;
  args: string[];
  /** Nothing else is in it. */
  fresh: boolean;
}

/** A lock of ours has hashes on every line; the Python client's has none and is installed as it is. */
async function installLock(
  ctx: Ctx,
  install: Install,
  { recipe, digest }: { recipe: Recipe; digest: string },
): Promise<void> {
  const text = await readBlobText(ctx, digest);
  const count = requirementCount(text);
  if (count === 0) return;
  ctx.report.progress({ step: "install", text: `Installing ${amount(count, "package")}`, total: count });
  if (!text.includes("--hash=")) return await pip(ctx, install, ["install", "-r", blobPath(ctx, digest)]);
  const [verb = "", ...rest] = install.fresh ? ["sync"] : ["install", "--no-deps", "-r"];
  const carried = await carriedWheels(ctx, recipe, text);
  const place = async (own: Install, path: string) => await pip(ctx, own, [verb, "--require-hashes", ...rest, path]);
  const args = [...install.args, ...linksBeside(install, carried.folders)];
  if (carried.missing.length > 0 || carried.folders.length === 0)
    return await place({ ...install, args }, blobPath(ctx, digest));
  // All is here: then no index is asked, whether there is a network or not.
  const local = { ...install, env: {}, args: ["--no-index", ...linksTo(carried.folders)] };
  await withList(ctx, carried.text, (list) => place(local, list));
}

const linksTo = (folders: readonly string[]): string[] => folders.flatMap((folder) => ["--find-links", folder]);

/** As arguments they replace those of the user's settings, which are meant as well. */
function linksBeside({ env }: Install, folders: readonly string[]): string[] {
  if (folders.length === 0) return [];
  const own = (env.UV_FIND_LINKS ?? "").split(",").filter((item) => item !== "");
  return linksTo([...folders, ...own]);
}

/** A list of requirements as a file, for one call. */
async function withList(ctx: Ctx, text: string, work: (path: string) => Promise<void>): Promise<void> {
  const list = await ingestPath(ctx);
  try {
    await writeFileAtomic(list, text, { durable: false });
    await work(list);
  } finally {
    await removeFile(list);
  }
}

const requirementCount = (text: string) => text.split("\n").filter((line) => /^[A-Za-z0-9]/.test(line)).length;

async function installVcs(ctx: Ctx, install: Install, digest: string): Promise<void> {
  const text = await readBlobText(ctx, digest);
  const count = requirementCount(text);
  if (count === 0) return;
  ctx.report.progress({ step: "vcs", text: `Installing ${amount(count, "package")} from version control` });
  await pip(ctx, install, ["install", "--no-deps", "-r", blobPath(ctx, digest)]);
}

/** By name from a folder of links, not by path: so no `direct_url.json` names a path of ours. */
async function installWheels(ctx: Ctx, install: Install, recipe: Recipe): Promise<void> {
  const links = await linkWheels(ctx, recipe.wheels);
  ctx.report.progress({ step: "wheels", text: `Installing ${amount(recipe.wheels.length, "wheel")} of the package` });
  await withList(ctx, links.requirements.join("\n"), async (list) => {
    const from = ["--no-index", ...linksTo(links.folders)];
    await pip(ctx, { ...install, args: [] }, ["install", "--no-deps", ...from, "-r", list]);
  });
}

async function pip(ctx: Ctx, install: Install, args: string[]): Promise<void> {
  const [verb = "", ...rest] = args;
  const python = `${install.prefix}/bin/python`;
  await uv(ctx, ["pip", verb, "--python", python, ...install.args, ...rest], install.env);
}

async function uv(ctx: Ctx, args: string[], env: Record<string, string>): Promise<void> {
  const result = await runUv(ctx, args, { env, onLine: (line) => ctx.report.log(line) });
  if (result.exitCode === 0) return;
  if (!isOffline({ ...ctx.env, ...env })) throw buildFailed(result.stderr);
  // The last word of what installs is the list.
  const text = args[0] === "pip" ? await Bun.file(args.at(-1) ?? "").text() : "";
  throw await missingOffline(ctx, { args, env, text, stderr: result.stderr });
}
