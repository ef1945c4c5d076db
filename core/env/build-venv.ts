/**
 * A venv at its final path: uv makes it, installs the lock by hashes, then VCS requirements, wheels and files.
 * Never moves or copies a prefix (scripts hold its path). Tests: test/unit/core/env/build-venv.test.ts
 */

import { indexSettings, unsetVariables } from "#core/config/index-settings.ts";
import { isOffline } from "#core/config/offline.ts";
import type { Ctx } from "#core/context.ts";
import { runUv } from "#core/engines/uv.ts";
import { buildFailed } from "#core/env/build-error.ts";
import { carriedWheels } from "#core/env/carried-wheels.ts";
import { missingOffline } from "#core/env/missing-offline.ts";
import { placeFiles } from "#core/env/place-files.ts";
import { explicitIndex, type Recipe, type WheelFile } from "#core/env/recipe.ts";
import { linkWheels } from "#core/env/wheel-links.ts";
import { parseExport, renderLock } from "#core/lock/export.ts";
import { normalizeName } from "#core/lock/wheel-name.ts";
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

/**
 * The pip part of a recipe into a prefix that has its Python; what is in a conda prefix already stays.
 * @param only names of distributions, normalized; all of them when it is not given
 */
export async function installPip(ctx: Ctx, prefix: string, recipe: Recipe, only?: ReadonlySet<string>): Promise<void> {
  const index = await indexSettings(ctx, explicitIndex(recipe));
  const install: Install = { prefix, env: index.env, args: index.args, fresh: recipe.mode === "venv" };
  if (recipe.requirements)
    await installLock(ctx, install, { recipe, lock: await listOf(ctx, recipe.requirements, only) });
  if (recipe.vcs) await installVcs(ctx, install, await listOf(ctx, recipe.vcs, only));
  const wheels = recipe.wheels.filter(({ name }) => only?.has(normalizeName(name.split("-")[0] ?? "")) ?? true);
  if (wheels.length > 0) await installWheels(ctx, install, wheels);
}

/** Requirements of a lock; `path` where its file holds exactly these. */
interface List {
  text: string;
  path?: string;
}

async function listOf(ctx: Ctx, digest: string, only: ReadonlySet<string> | undefined): Promise<List> {
  const text = await readBlobText(ctx, digest);
  if (!only) return { text, path: blobPath(ctx, digest) };
  return { text: renderLock(parseExport(text).filter(({ name }) => only.has(name))) };
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
  { recipe, lock }: { recipe: Recipe; lock: List },
): Promise<void> {
  const count = requirementCount(lock.text);
  if (count === 0) return;
  ctx.report.progress({ step: "install", text: `Installing ${amount(count, "package")}`, total: count });
  if (!lock.text.includes("--hash="))
    return await withList(ctx, lock, async (path) => await pip(ctx, install, ["install", "-r", path]));
  const [verb = "", ...rest] = install.fresh ? ["sync"] : ["install", "--no-deps", "-r"];
  const carried = await carriedWheels(ctx, recipe, lock.text);
  const place = async (own: Install, path: string) => await pip(ctx, own, [verb, "--require-hashes", ...rest, path]);
  const args = [...install.args, ...linksBeside(install, carried.folders)];
  if (carried.missing.length > 0 || carried.folders.length === 0)
    return await withList(ctx, lock, async (path) => await place({ ...install, args }, path));
  // All is here: then no index is asked, whether there is a network or not.
  const local = { ...install, env: {}, args: ["--no-index", ...linksTo(carried.folders)] };
  await withList(ctx, { text: carried.text }, (list) => place(local, list));
}

const linksTo = (folders: readonly string[]): string[] => folders.flatMap((folder) => ["--find-links", folder]);

/** As arguments they replace those of the user's settings, which are meant as well. */
function linksBeside({ env }: Install, folders: readonly string[]): string[] {
  if (folders.length === 0) return [];
  const own = (env.UV_FIND_LINKS ?? "").split(",").filter((item) => item !== "");
  return linksTo([...folders, ...own]);
}

/** A list of requirements as a file, for one call. */
async function withList(ctx: Ctx, { text, path }: List, work: (path: string) => Promise<void>): Promise<void> {
  if (path !== undefined) return await work(path);
  const list = await ingestPath(ctx);
  try {
    await writeFileAtomic(list, text, { durable: false });
    await work(list);
  } finally {
    await removeFile(list);
  }
}

const requirementCount = (text: string) => text.split("\n").filter((line) => /^[A-Za-z0-9]/.test(line)).length;

async function installVcs(ctx: Ctx, install: Install, list: List): Promise<void> {
  const count = requirementCount(list.text);
  if (count === 0) return;
  ctx.report.progress({ step: "vcs", text: `Installing ${amount(count, "package")} from version control` });
  await withList(ctx, list, async (path) => await pip(ctx, install, ["install", "--no-deps", "-r", path]));
}

/** By name from a folder of links, not by path: so no `direct_url.json` names a path of ours. */
async function installWheels(ctx: Ctx, install: Install, wheels: readonly WheelFile[]): Promise<void> {
  const links = await linkWheels(ctx, wheels);
  ctx.report.progress({ step: "wheels", text: `Installing ${amount(wheels.length, "wheel")} of the package` });
  await withList(ctx, { text: links.requirements.join("\n") }, async (list) => {
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
  if (!isOffline({ ...ctx.env, ...env })) throw buildFailed(result.stderr, unsetVariables({ env }));
  // The last word of what installs is the list.
  const text = args[0] === "pip" ? await Bun.file(args.at(-1) ?? "").text() : "";
  throw await missingOffline(ctx, { args, env, text, stderr: result.stderr });
}
