/**
 * Conda environments by name, without conda: the folders that conda, mamba and pixi keep them in, and the list of all that
 * were ever made. Tests: test/unit/core/conda/find-env.test.ts
 */
import { stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "pathe";
import { condaRoots } from "#core/config/conda-roots.ts";
import { readCondarc } from "#core/config/condarc.ts";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { expandHome, homeDir } from "#core/platform/paths.ts";

/** @throws SwError ENV_NOT_FOUND that says where it was looked for; the first place wins, as in conda */
export async function findCondaEnv(ctx: Ctx, name: string): Promise<string> {
  if (name.includes("/")) throw notAName(name);
  const candidates = await candidatesOf(ctx, name);
  for (const prefix of candidates) if (await isCondaEnv(prefix)) return prefix;
  const folders = [...new Set(candidates.map(dirname))];
  throw new SwError("ENV_NOT_FOUND", `no conda environment is called ${name}; looked in ${folders.join(", ")}`, {
    hint: "Its folder will do (`conda info --envs` lists them): `build --conda-prefix PATH`, `lock --env-prefix-path PATH`.",
    detail: { name, looked: folders },
  });
}

const notAName = (path: string) =>
  new SwError("ENV_NOT_FOUND", `${path} is a path, not the name of a conda environment`, {
    hint: `A folder is named by \`build --conda-prefix ${path}\`, \`lock --env-prefix-path ${path}\`.`,
  });

/** In the order in which conda itself would find it. */
async function candidatesOf(ctx: Ctx, name: string): Promise<string[]> {
  const { env } = ctx;
  const roots = await rootsOf(ctx);
  const active = env.CONDA_PREFIX && basename(env.CONDA_PREFIX) === name ? [env.CONDA_PREFIX] : [];
  const isBase = name === "base" || name === "root";
  const known = (await knownPrefixes(ctx)).filter((prefix) => basename(prefix) === name);
  const folders = await envFolders(ctx, roots);
  const all = [...active, ...(isBase ? roots : []), ...folders.map((folder) => join(folder, name)), ...known];
  return [...new Set(all)];
}

async function envFolders(ctx: Ctx, roots: readonly string[]): Promise<string[]> {
  const { env } = ctx;
  const written = (text: string | undefined) => (text ?? "").split(":").filter((folder) => folder !== "");
  const condarc = (await readCondarc(ctx)).data.envs_dirs;
  const dirs = Array.isArray(condarc) ? condarc.filter((dir) => typeof dir === "string") : [];
  return [
    ...written(env.CONDA_ENVS_PATH),
    ...written(env.CONDA_ENVS_DIRS),
    ...dirs,
    ...roots.map((root) => `${root}/envs`),
    `${homeDir(env)}/.conda/envs`,
    ...pixiFolders(ctx.cwd),
    `${env.PIXI_HOME || `${homeDir(env)}/.pixi`}/envs`,
  ]
    .map((folder) => expandHome(env, folder.replace(/\$\{?HOME\}?/g, homeDir(env))))
    .filter((folder) => isAbsolute(folder));
}

/** pixi keeps a project's environments inside it, the global ones at home. */
function pixiFolders(cwd: string): string[] {
  const folders: string[] = [];
  for (let folder = cwd; folder !== "/"; folder = dirname(folder)) folders.push(`${folder}/.pixi/envs`);
  return folders;
}

/** Installations: named by variables, and where people put them. */
async function rootsOf({ env }: Ctx): Promise<string[]> {
  const home = homeDir(env);
  const usual = ["miniconda3", "miniforge3", "mambaforge", "anaconda3", "micromamba"];
  const places = [
    ...condaRoots(env),
    ...usual.flatMap((name) => [`${home}/${name}`, `/opt/${name}`, `/usr/local/${name}`]),
    "/opt/conda",
    `${home}/.local/share/mamba`,
  ];
  const there = await Promise.all(places.map(async (place) => ((await isFolder(place)) ? place : undefined)));
  return [...new Set(there.flatMap((place) => place ?? []))];
}

async function knownPrefixes({ env }: Ctx): Promise<string[]> {
  const text = (await readTextIfAny(`${homeDir(env)}/.conda/environments.txt`)) ?? "";
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

const isCondaEnv = async (prefix: string) => await isFolder(`${prefix}/conda-meta`);

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR" && errno(e) !== "EACCES") throw e;
    return false;
  }
}
