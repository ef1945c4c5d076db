/**
 * Where the store is: SW_LOCAL_STORAGE, else `storage.root` of the config, else ~/.starwhale.
 * Owns the small cache beside the config that lets the hot path know the root without reading yaml.
 * Must not know what else the config holds. Tests: test/unit/core/config/root.test.ts
 */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "pathe";
import { errno, SwError } from "#core/errors.ts";
import type { Env } from "#core/platform/env.ts";
import { readTextIfAny, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { configPath, defaultRoot, expandHome, homeDir } from "#core/platform/paths.ts";
import { type FileFacts, quickStats, stateOf } from "#core/platform/quick-file.ts";

/** The cache of the root: the first line is the state of the config file, the second the root. */
export const rootCachePath = (env: Env): string => join(dirname(configPath(env)), ".swcli-root");

/**
 * The absolute root of the store; refreshes the cache when the config decided.
 * `cwd` is what a relative SW_LOCAL_STORAGE is relative to; a relative `storage.root` is relative to the config.
 * @throws SwError CONFIG_INVALID when the config can't be read as one of ours, or no store can be there.
 */
export async function resolveRoot(env: Env, cwd: string = env.PWD || homeDir(env)): Promise<string> {
  const fromEnv = env.SW_LOCAL_STORAGE;
  if (fromEnv) return usable(absolute(env, cwd, fromEnv));
  const path = configPath(env);
  // Taken before the file is read: a write in between makes the cache stale, never wrong.
  const [before] = quickStats([path]);
  const info = await statIfAny(path);
  if (info === undefined) return usable(normalize(defaultRoot(env)));
  const written = await readStorageRoot(path);
  const root = usable(absolute(env, dirname(path), written ?? defaultRoot(env)));
  if (before && info.isFile() && cacheable(env, written)) await refreshCache(env, before, root);
  return root;
}

/** Environments are entered by their folder in PATH, which has no way to write a colon. */
function usable(root: string): string {
  if (!root.includes(":")) return root;
  throw new SwError("CONFIG_INVALID", `the store can't be in ${JSON.stringify(root)}: a PATH can't hold that name`, {
    hint: "Set SW_LOCAL_STORAGE, or storage.root of the config, to a folder without `:` in its path.",
  });
}

/** With a config outside HOME, a root made from HOME would be wrong for the next caller's HOME. */
const cacheable = (env: Env, written: string | undefined): boolean =>
  !env.SW_CLI_CONFIG || (written !== undefined && !written.startsWith("~"));

const absolute = (env: Env, base: string, path: string): string => {
  const full = expandHome(env, path);
  return normalize(isAbsolute(full) ? full : join(base, full)).replace(/(?<=.)\/+$/, "");
};

async function readStorageRoot(path: string): Promise<string | undefined> {
  const text = (await readTextIfAny(path)) ?? "";
  // Loaded late: a program that only wants the cache's name must not pay for yaml.
  const { readConfigText } = await import("#core/config/config-text.ts");
  const root = readConfigText(path, text).getIn(["storage", "root"]);
  if (root === undefined || root === null || root === "") return undefined;
  if (typeof root === "string" && !/[\0\r\n]/.test(root)) return root;
  throw new SwError("CONFIG_INVALID", `${path}: storage.root must be a path on one line`, {
    hint: "Correct it with `swcli config edit`, or set SW_LOCAL_STORAGE.",
  });
}

/** Only a speed-up: a read-only config folder must not stop anything. */
async function refreshCache(env: Env, before: FileFacts, root: string): Promise<void> {
  const text = `${stateOf(before)}\n${root}\n`;
  try {
    const path = rootCachePath(env);
    if ((await readTextIfAny(path)) !== text) await writeFileAtomic(path, text, { mode: 0o600, durable: false });
  } catch (e) {
    if (errno(e) === undefined) throw e;
  }
}

async function statIfAny(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (e) {
    if (errno(e) === "ENOENT" || errno(e) === "ENOTDIR") return undefined;
    throw e;
  }
}
