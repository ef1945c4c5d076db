/**
 * A virtual environment as its own files describe it: `pyvenv.cfg` and the `lib/python3.X` folder. Nothing is run, nothing
 * is written. Knows nothing of what is installed. Tests: test/unit/core/venv/read-venv.test.ts
 */
import { realpath, stat } from "node:fs/promises";
import { dirname } from "pathe";
import { errno, SwError } from "#core/errors.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";

export interface Venv {
  /** Absolute, as the person named it. */
  readonly prefix: string;
  /** Such as "3.11". */
  readonly minor: string;
  /** "3.11.7" where pyvenv.cfg says so, else the minor version. */
  readonly version: string;
  /** Folders with dist-infos, in the order of sys.path. */
  readonly sitePackages: readonly string[];
  /** It also sees the packages of the Python that it was made from. */
  readonly systemSite: boolean;
  /** Where that Python is installed. */
  readonly base: string | undefined;
  /** What its prompt shows, where its maker was told. */
  readonly prompt: string | undefined;
}

/** @throws SwError ENV_NOT_FOUND when there is no virtual environment at `prefix` */
export async function readVenv(prefix: string): Promise<Venv> {
  const text = await readTextIfAny(`${prefix}/pyvenv.cfg`);
  if (text === undefined) throw await noVenv(prefix);
  const config = parseConfig(text);
  const home = config.get("home");
  const folders = await sitePackages(prefix);
  const minor = folders[0]?.minor;
  if (minor === undefined) {
    throw new SwError("ENV_NOT_FOUND", `${prefix} has a pyvenv.cfg but no lib/python3.X/site-packages`, {
      hint: "It may be half-made, or of another system; make it again.",
    });
  }
  return {
    prefix,
    minor,
    version: fullVersion(config, minor),
    sitePackages: folders.map(({ path }) => path),
    systemSite: config.get("include-system-site-packages")?.toLowerCase() === "true",
    base: config.get("base-prefix") ?? (home && dirname(home)),
    prompt: config.get("prompt")?.replace(/^['"(]|['")]$/g, ""),
  };
}

/** `key = value` lines; keys in lower case, as Python's own site module reads them. */
function parseConfig(text: string): Map<string, string> {
  const pairs = text.split(/\r?\n/).flatMap((line): [string, string][] => {
    const at = line.indexOf("=");
    return at < 0 ? [] : [[line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()]];
  });
  return new Map(pairs);
}

/** venv writes `version`, virtualenv and uv `version_info`; one that contradicts the folder is a leftover. */
function fullVersion(config: Map<string, string>, minor: string): string {
  const written = config.get("version_info") ?? config.get("version") ?? "";
  const version = /^\d+\.\d+\.\d+/.exec(written)?.[0];
  return version?.startsWith(`${minor}.`) ? version : minor;
}

/** Also used for conda prefixes, which have the same folders. */
export async function sitePackages(prefix: string): Promise<{ path: string; minor: string }[]> {
  const found: { path: string; minor: string }[] = [];
  const seen = new Set<string>();
  for (const lib of ["lib", "lib64"]) {
    for (const name of await namesIn(`${prefix}/${lib}`)) {
      const minor = /^python(3\.\d+)$/.exec(name)?.[1];
      const path = `${prefix}/${lib}/${name}/site-packages`;
      const real = minor === undefined ? undefined : await realFolder(path);
      // lib64 is a link to lib on most systems.
      if (minor === undefined || real === undefined || seen.has(real)) continue;
      seen.add(real);
      found.push({ path, minor });
    }
  }
  return found;
}

async function realFolder(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isDirectory() ? await realpath(path) : undefined;
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    return undefined;
  }
}

async function noVenv(prefix: string): Promise<SwError> {
  const names = await namesIn(prefix);
  if (names.includes("conda-meta")) {
    return new SwError("ENV_NOT_FOUND", `${prefix} is a conda environment, not a virtual environment`, {
      hint: `Use --conda-prefix ${prefix}`,
    });
  }
  const what = names.length > 0 ? "has no pyvenv.cfg" : "is not there, or is empty";
  return new SwError("ENV_NOT_FOUND", `no virtual environment at ${prefix}: it ${what}`, {
    hint: "Name the folder that holds bin/ and pyvenv.cfg, such as .venv.",
  });
}
