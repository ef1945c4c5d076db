/**
 * What we honour of the user's own uv settings: indexes, certificates, offline, cache; nothing else of them may change
 * a lock behind a runtime's back. Owns the reading of uv.toml and UV_*. Tests: test/unit/core/config/index-settings.test.ts
 */
import { delimiter } from "node:path";
import { dirname, isAbsolute, join } from "pathe";
import * as v from "valibot";
import type { IndexLevel } from "#core/config/index-level.ts";
import { SwError } from "#core/errors.ts";
import type { Env } from "#core/platform/env.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { expandHome, homeDir } from "#core/platform/paths.ts";

/** The indexes that UV_* variables name. */
export function uvEnvironment(env: Env, cwd: string): IndexLevel {
  return {
    indexUrl: env.UV_DEFAULT_INDEX || env.UV_INDEX_URL,
    extraIndexUrls: [...words(env.UV_INDEX), ...words(env.UV_EXTRA_INDEX_URL)],
    findLinks: (env.UV_FIND_LINKS ?? "")
      .split(",")
      .map((item) => item.trim())
      .filter(Boolean),
    findLinksBase: cwd,
    trustedHosts: words(env.UV_INSECURE_HOST),
    strategy: env.UV_INDEX_STRATEGY || undefined,
    excludeNewer: env.UV_EXCLUDE_NEWER || undefined,
  };
}

export interface UvFiles {
  /** The user's file before the system's. */
  levels: IndexLevel[];
  /** Variables for uv that stand for settings of the files. */
  env: Record<string, string>;
}

/** The user's and the system's uv.toml; UV_CONFIG_FILE replaces both, UV_NO_CONFIG turns both off. */
export async function readUvFiles(env: Env, cwd: string): Promise<UvFiles> {
  const out: UvFiles = { levels: [], env: {} };
  if (isOn(env.UV_NO_CONFIG)) return out;
  for (const path of uvConfigFiles(env, cwd)) {
    const text = await readTextIfAny(path);
    if (text === undefined) continue;
    const file = parseUvToml(path, text);
    out.levels.push(fileLevel(file, dirname(path)));
    // The first file that names a setting wins, as with uv.
    out.env = { ...fileEnv(file, dirname(path)), ...out.env };
  }
  return out;
}

function uvConfigFiles(env: Env, cwd: string): string[] {
  const own = env.UV_CONFIG_FILE;
  if (own) return [isAbsolute(own) ? own : join(cwd, own)];
  const user = `${env.XDG_CONFIG_HOME || `${homeDir(env)}/.config`}/uv/uv.toml`;
  const folders = (env.XDG_CONFIG_DIRS || "/etc/xdg").split(delimiter).filter((folder) => folder !== "");
  return [user, ...folders.map((folder) => `${folder}/uv/uv.toml`), "/etc/uv/uv.toml"];
}

const strings = v.fallback(v.array(v.string()), []);
const text = v.optional(v.fallback(v.optional(v.string()), undefined));
const flag = v.optional(v.fallback(v.optional(v.boolean()), undefined));

const UvToml = v.object({
  index: v.optional(
    v.fallback(v.array(v.object({ url: v.string(), name: text, default: flag, explicit: flag })), []),
    [],
  ),
  "index-url": text,
  "extra-index-url": v.optional(strings, []),
  "find-links": v.optional(strings, []),
  "no-index": flag,
  "index-strategy": text,
  "allow-insecure-host": v.optional(strings, []),
  "trusted-host": v.optional(strings, []),
  "native-tls": flag,
  "system-certs": flag,
  offline: flag,
  "cache-dir": text,
  "keyring-provider": text,
});
type UvToml = v.InferOutput<typeof UvToml>;

function parseUvToml(path: string, content: string): UvToml {
  try {
    return v.parse(UvToml, Bun.TOML.parse(content));
  } catch (cause) {
    throw new SwError("CONFIG_INVALID", `${path} can't be read: ${cause instanceof Error ? cause.message : ""}`, {
      hint: "Correct it, or set UV_NO_CONFIG=1 to go without it.",
      cause,
    });
  }
}

function fileLevel(file: UvToml, folder: string): IndexLevel {
  // An explicit index serves only packages that a project ties to it; a runtime has no way to do so.
  const indexes = file.index.filter((index) => index.explicit !== true);
  const main = indexes.find((index) => index.default === true);
  return {
    indexUrl: main?.url ?? file["index-url"],
    extraIndexUrls: [
      ...indexes.filter((index) => index !== main).map((index) => index.url),
      ...file["extra-index-url"],
    ],
    findLinks: file["find-links"],
    findLinksBase: folder,
    trustedHosts: [...file["allow-insecure-host"], ...file["trusted-host"]],
    noIndex: file["no-index"],
    strategy: file["index-strategy"],
  };
}

function fileEnv(file: UvToml, folder: string): Record<string, string> {
  const cache = file["cache-dir"];
  return {
    ...(file["native-tls"] || file["system-certs"] ? { UV_SYSTEM_CERTS: "1" } : {}),
    ...(file.offline ? { UV_OFFLINE: "1" } : {}),
    ...(cache ? { UV_CACHE_DIR: isAbsolute(cache) ? cache : join(folder, cache) } : {}),
    ...(file["keyring-provider"] ? { UV_KEYRING_PROVIDER: file["keyring-provider"] } : {}),
  };
}

const words = (value: string | undefined) => (value ?? "").split(/\s+/).filter((item) => item !== "");
const isOn = (value: string | undefined) => /^(1|true|yes|on|y|t)$/i.test(value ?? "");

/** A path as the user may write it. */
export const userPath = (env: Env, base: string, path: string): string => {
  const full = expandHome(env, path);
  return isAbsolute(full) ? full : join(base, full);
};
