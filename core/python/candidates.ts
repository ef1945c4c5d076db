/**
 * Where people keep their Pythons: paths that may be an interpreter of one minor version, likeliest first.
 * Only looks at names; must not start anything. Tests: test/unit/core/python/find.test.ts
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "pathe";
import type { Ctx } from "#core/context.ts";
import type { Env } from "#core/platform/env.ts";
import { homeDir } from "#core/platform/paths.ts";

export type PythonSource = "PATH" | "pyenv" | "system" | "conda" | "mise" | "asdf" | "uv";

export interface Candidate {
  readonly path: string;
  readonly source: PythonSource;
}

type Where = Pick<Ctx, "env" | "cwd">;

/** A folder that holds one Python per version, or one Python in its `bin`. */
interface Place {
  readonly source: PythonSource;
  readonly folder: string;
}

/** Candidates of `minor` in the order in which the first good one wins; later places are read only when asked for. */
export async function* candidatesOf(where: Where, minor: string): AsyncGenerator<Candidate> {
  const seen = new Set<string>();
  for (const group of [onPath, labelled, fixed]) {
    for (const candidate of await group(where, minor)) {
      if (!seen.has(candidate.path)) yield candidate;
      seen.add(candidate.path);
    }
  }
}

/** The folders and patterns that were searched, for the message that says nothing was found. */
export function searchedPlaces(where: Where): string[] {
  const versions = versionPlaces(where.env).map(({ source, folder }) => `${source} (${folder})`);
  return [`PATH (${where.env.PATH ?? "not set"})`, ...versions, `system (${systemDirs().join(", ")})`, "conda"];
}

/** Absolute folders of PATH, in order. */
export const pathDirs = (where: Where): string[] =>
  (where.env.PATH ?? "")
    .split(":")
    .map((dir) => (dir === "" ? where.cwd : dir.startsWith("/") ? dir : join(where.cwd, dir)));

/** The exact names of every folder come before the loose ones of any: `python3` may be of another minor version. */
async function onPath(where: Where, minor: string): Promise<Candidate[]> {
  const dirs = await Promise.all(pathDirs(where).map(async (dir) => ((await isBaseDir(dir)) ? [dir] : [])));
  const names = [`python${minor}`, "python3", "python"];
  const paths = names.flatMap((name) => dirs.flat().map((dir) => join(dir, name)));
  const there = await Promise.all(paths.map(async (path) => ((await mayBe(path, minor)) ? [path] : [])));
  return there.flat().map((path) => ({ path, source: "PATH" as const }));
}

/** Shims depend on the folder one stands in, and conda environments go away: neither is taken from PATH. */
async function isBaseDir(dir: string): Promise<boolean> {
  if (/\/shims\/?$/.test(dir) || (isMac && /^\/usr\/bin\/?$/.test(dir))) return false;
  const prefix = join(dir, "..");
  return !(await exists(join(prefix, "conda-meta"))) || (await isCondaBase(prefix));
}

const isCondaBase = async (prefix: string): Promise<boolean> =>
  (await exists(join(prefix, "condabin"))) || (await exists(join(prefix, "bin/conda")));

/** False only when nothing is there, or its real name tells that it is of another minor version. */
async function mayBe(path: string, minor: string): Promise<boolean> {
  try {
    const name = (await realpath(path)).split("/").pop() ?? "";
    const label = /^python(\d\.\d+)/.exec(name)?.[1];
    return label === undefined || label === minor;
  } catch {
    return false;
  }
}

/** Installations whose folder names their version: the newest patch first, whoever installed it. */
async function labelled({ env }: Where, minor: string): Promise<Candidate[]> {
  const found = await Promise.all(versionPlaces(env).map((place) => versionsIn(place, minor)));
  const sorted = found.flat().sort((a, b) => b.patch - a.patch);
  return await onlyThere(sorted.map(({ path, source }) => ({ path, source })));
}

async function versionsIn({ source, folder }: Place, minor: string): Promise<(Candidate & { patch: number })[]> {
  return (await list(folder)).flatMap((name) => {
    const [, label, patch] = /^(?:cpython-)?(\d+\.\d+)\.(\d+)(?:-[\w-]+)?$/.exec(name) ?? [];
    // A suffix is uv's platform; elsewhere it marks a build of another kind (3.13.0-dev).
    if (label !== minor || (source !== "uv" && name !== `${minor}.${patch}`)) return [];
    return [{ path: `${folder}/${name}/bin/python${minor}`, source, patch: Number(patch) }];
  });
}

function versionPlaces(env: Env): Place[] {
  const home = homeDir(env);
  const data = env.XDG_DATA_HOME || `${home}/.local/share`;
  return [
    { source: "pyenv", folder: `${pyenvRoot(env)}/versions` },
    { source: "mise", folder: `${env.MISE_DATA_DIR || `${data}/mise`}/installs/python` },
    { source: "asdf", folder: `${env.ASDF_DATA_DIR || `${home}/.asdf`}/installs/python` },
    { source: "uv", folder: uvPythonDir(env) },
  ];
}

/** pyenv's own folder. */
export const pyenvRoot = (env: Env): string => env.PYENV_ROOT || `${homeDir(env)}/.pyenv`;

/** Where uv keeps the Pythons that it downloads. */
export const uvPythonDir = (env: Env): string =>
  env.UV_PYTHON_INSTALL_DIR || `${env.XDG_DATA_HOME || `${homeDir(env)}/.local/share`}/uv/python`;

/** Places whose names don't tell the version: the system's folders, then conda's bases, then its environments. */
async function fixed({ env }: Where, minor: string): Promise<Candidate[]> {
  const system = [...systemDirs(), ...(await optDirs())].map((dir) => ({
    path: `${dir}/python${minor}`,
    source: "system" as const,
  }));
  const conda = (await condaPrefixes(env)).map((dir) => ({
    path: `${dir}/bin/python${minor}`,
    source: "conda" as const,
  }));
  return await onlyThere([...system, ...conda]);
}

const isMac = process.platform === "darwin";

const systemDirs = (): string[] =>
  isMac
    ? [
        "/opt/homebrew/bin",
        "/usr/local/bin",
        ...MAC_MINORS.map((minor) => `/Library/Frameworks/Python.framework/Versions/${minor}/bin`),
        // Not /usr/bin: its stub opens a dialog when the developer tools are missing.
        "/Library/Developer/CommandLineTools/usr/bin",
      ]
    : ["/usr/bin", "/usr/local/bin"];

const MAC_MINORS = ["3.13", "3.12", "3.11", "3.10", "3.9", "3.8", "3.7"];

const optDirs = async (): Promise<string[]> => (await list("/opt")).map((name) => `/opt/${name}/bin`);

async function condaPrefixes(env: Env): Promise<string[]> {
  const versions = `${pyenvRoot(env)}/versions`;
  const inPyenv = (await list(versions)).filter((name) => /conda|forge/.test(name));
  const inHome = CONDA_NAMES.map((name) => `${homeDir(env)}/${name}`);
  const bases = [...activeCondaBase(env), ...inHome, ...inPyenv.map((name) => `${versions}/${name}`)];
  const optBases = (await list("/opt")).map((name) => `/opt/${name}`);
  const envs = [...bases, ...optBases].map(async (base) =>
    (await list(`${base}/envs`)).map((n) => `${base}/envs/${n}`),
  );
  return [...bases, ...(await Promise.all(envs)).flat()];
}

const CONDA_NAMES = ["miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba"];

function activeCondaBase(env: Env): string[] {
  const active = env.CONDA_PREFIX ?? "";
  const exe = env.CONDA_EXE ?? "";
  const fromExe = exe.endsWith("/bin/conda") ? [exe.slice(0, -"/bin/conda".length)] : [];
  if (!active.startsWith("/")) return fromExe;
  const cut = active.lastIndexOf("/envs/");
  return [...fromExe, cut > 0 ? active.slice(0, cut) : active];
}

async function onlyThere(candidates: Candidate[]): Promise<Candidate[]> {
  const there = await Promise.all(candidates.map(({ path }) => exists(path)));
  return candidates.filter((_, i) => there[i]);
}

/** Names in a folder, sorted; none when it can't be read. */
async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
