/**
 * The user's own pip configuration, as pip itself would find it for `pip install`: files of every level, PIP_* variables.
 * Owns the search and the form of the files; must not know uv. Tests: test/unit/core/config/pip-config.test.ts
 */
import { delimiter } from "node:path";
import { isAbsolute, join } from "pathe";
import { errno } from "#core/errors.ts";
import type { Env } from "#core/platform/env.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { expandHome, homeDir } from "#core/platform/paths.ts";

/** Long option names without dashes (`index-url`) and their text; what is empty is left out, as pip does. */
export type PipOptions = ReadonlyMap<string, string>;

export interface PipConfig {
  /** From PIP_* variables: they win. */
  env: PipOptions;
  /** From files: `[install]` before `[global]`, whatever file they stand in. */
  files: PipOptions;
  warnings: string[];
}

/** Reads everything that pip would read; a file that can't be read is a warning, since pip may not be used at all. */
export async function readPipConfig(env: Env, cwd: string): Promise<PipConfig> {
  const sections = { global: new Map<string, string>(), install: new Map<string, string>() };
  const warnings: string[] = [];
  for (const path of await pipConfigFiles(env, cwd)) {
    try {
      const text = await readTextIfAny(path);
      if (text !== undefined) readSections(text, sections);
    } catch (e) {
      if (errno(e) === undefined) throw e;
      warnings.push(`pip configuration ${path} can't be read (${errno(e)}) and is left out`);
    }
  }
  return { env: environmentOptions(env), files: filled([...sections.global, ...sections.install]), warnings };
}

/** From the weakest to the strongest: global, user (not when PIP_CONFIG_FILE is there), the virtual environment, that file. */
export async function pipConfigFiles(env: Env, cwd: string): Promise<string[]> {
  const own = env.PIP_CONFIG_FILE;
  if (own === "/dev/null") return [];
  const shared = globalFolders(env).map((folder) => `${folder}/pip/pip.conf`);
  const user = [`${homeDir(env)}/.pip/pip.conf`, ...userFolders(env).map((folder) => `${folder}/pip/pip.conf`)];
  const site = env.VIRTUAL_ENV ? [`${env.VIRTUAL_ENV}/pip.conf`] : [];
  const ownPath = own ? absolutePath(env, cwd, own) : undefined;
  const replaced = ownPath !== undefined && (await Bun.file(ownPath).exists());
  return [...shared, ...globalFile(), ...(replaced ? [] : user), ...site, ...(ownPath ? [ownPath] : [])];
}

const absolutePath = (env: Env, cwd: string, path: string) => {
  const full = expandHome(env, path);
  return isAbsolute(full) ? full : join(cwd, full);
};

const isMac = process.platform === "darwin";
const globalFile = () => (isMac ? [] : ["/etc/pip.conf"]);

function globalFolders(env: Env): string[] {
  if (isMac) return ["/Library/Application Support"];
  return (env.XDG_CONFIG_DIRS || "/etc/xdg").split(delimiter).filter((folder) => folder !== "");
}

function userFolders(env: Env): string[] {
  const xdg = env.XDG_CONFIG_HOME || `${homeDir(env)}/.config`;
  return isMac ? [xdg, `${homeDir(env)}/Library/Application Support`] : [xdg];
}

function environmentOptions(env: Env): PipOptions {
  const named = Object.entries(env).filter(([key]) => key.startsWith("PIP_"));
  return filled(named.map(([key, value]) => [optionName(key.slice("PIP_".length)), value ?? ""]));
}

/** pip's rule: lower case, dashes, without leading `--`. */
const optionName = (name: string) => name.toLowerCase().replaceAll("_", "-").replace(/^--/, "");

/** Later ones win, except that an empty value never does. */
const filled = (entries: [string, string][]): PipOptions => new Map(entries.filter(([, value]) => value !== ""));

type Sections = Record<"global" | "install", Map<string, string>>;

/** Python's RawConfigParser as far as pip.conf goes: sections, `key = value` or `key: value`, indented lines go on. */
function readSections(text: string, sections: Sections): void {
  let section: Map<string, string> | undefined;
  let key: string | undefined;
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/)) {
    const bare = line.trim();
    if (bare === "" || /^[#;]/.test(bare)) continue;
    const value = section?.get(key ?? "");
    if (/^\s/.test(line) && section && key !== undefined && value !== undefined) {
      section.set(key, value === "" ? bare : `${value}\n${bare}`);
      continue;
    }
    key = undefined;
    const head = /^\[(.+)\]$/.exec(bare);
    if (head) section = head[1] === "global" || head[1] === "install" ? sections[head[1]] : undefined;
    const pair = head ? null : /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(bare);
    if (pair && section) {
      key = optionName(pair[1] ?? "");
      section.set(key, pair[2] ?? "");
    }
  }
}

/** Values of an option that may be given several times: pip splits at white space. */
export const pipList = (value: string | undefined): string[] =>
  (value ?? "").split(/\s+/).filter((item) => item !== "");

/** pip's strtobool; what it does not know is false here. */
export const pipBoolean = (value: string | undefined): boolean => /^(y|yes|t|true|on|1)$/i.test(value ?? "");
