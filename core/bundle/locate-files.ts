/**
 * Where the files of a lock are: uv reads the indexes (their pages, settings and logins are its affair) and gives every
 * file of the locked versions with address and hashes. Tests: test/e2e/bundle.test.ts
 */
import * as v from "valibot";
import type { indexSettings } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { runUv } from "#core/engines/uv.ts";
import { SwError } from "#core/errors.ts";
import type { LockEntry } from "#core/lock/export.ts";
import { redactUrl } from "#core/platform/redact.ts";
import { findPython, requirePython, SUPPORTED_MINORS } from "#core/python/find.ts";

export interface LocatedFile {
  /** As its index calls it. */
  name: string;
  /** http, https or file. */
  url: string;
  /** `sha256:…`; empty where the index says none. */
  hashes: string[];
  size: number | undefined;
}

type Settings = Awaited<ReturnType<typeof indexSettings>>;

// PEP 751, as far as it says where files are.
const File = v.object({
  url: v.optional(v.string()),
  path: v.optional(v.string()),
  size: v.optional(v.number()),
  hashes: v.optional(v.record(v.string(), v.string()), {}),
});
const Pylock = v.object({
  packages: v.optional(
    v.array(v.object({ wheels: v.optional(v.array(File), []), sdist: v.optional(File), archive: v.optional(File) })),
    [],
  ),
});

/** @throws LOCK_FAILED when the indexes can't be asked or have a version no more */
export async function locateFiles(
  ctx: Ctx,
  { entries, minor, settings }: { entries: readonly LockEntry[]; minor: string; settings: Settings },
): Promise<LocatedFile[]> {
  if (entries.length === 0) return [];
  const lines = entries.map(({ spec, marker }) => (marker === "" ? spec : `${spec} ; ${marker}`));
  const python = await anyPython(ctx, minor);
  const args = [...COMPILE, "--python-version", minor, "--python", python, ...settings.args];
  const { exitCode, stdout, stderr } = await runUv(ctx, args, {
    env: settings.env,
    stdin: `${lines.join("\n")}\n`,
    onLine: (line) => ctx.report.log(redactUrl(line)),
  });
  if (exitCode !== 0) throw notLocated(stderr);
  const { packages } = v.parse(Pylock, Bun.TOML.parse(stdout));
  return packages.flatMap(({ wheels, sdist, archive }) => [...wheels, sdist, archive].flatMap(locatedFile));
}

const COMPILE = [
  "pip",
  "compile",
  "-",
  "--quiet",
  "--universal",
  "--no-deps",
  "--no-header",
  "--format",
  "pylock.toml",
];

/** uv wants one to run; the versions are chosen for the runtime's. */
async function anyPython(ctx: Ctx, minor: string): Promise<string> {
  for (const known of [minor, ...SUPPORTED_MINORS.toReversed()]) {
    const found = await findPython(ctx, known);
    if (found) return found.path;
  }
  return (await requirePython(ctx, minor)).path;
}

function locatedFile(file: v.InferOutput<typeof File> | undefined): LocatedFile[] {
  const url = file?.url ?? (file?.path === undefined ? undefined : Bun.pathToFileURL(file.path).href);
  if (file === undefined || url === undefined) return [];
  const path = url.replace(/[?#].*$/s, "");
  const name = decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
  return [{ name, url, hashes: Object.entries(file.hashes).map(([kind, hex]) => `${kind}:${hex}`), size: file.size }];
}

function notLocated(stderr: string): SwError {
  const lines = redactUrl(stderr)
    .split("\n")
    .filter((line) => line.trim() !== "");
  return new SwError("LOCK_FAILED", `the files of the lock can't be found:\n${lines.slice(0, 8).join("\n")}`, {
    hint: "Check the network and the index settings (pip.conf, PIP_INDEX_URL, UV_DEFAULT_INDEX), or the login for the index.",
  });
}
