/**
 * The Python that an environment is made from: found where people keep them, else downloaded by uv.
 * Must not know environments or locks. Tests: test/unit/core/python/find.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { candidatesOf, type PythonSource, searchedPlaces, uvPythonDir } from "#core/python/candidates.ts";
import { downloadPython } from "#core/python/download.ts";
import { type Facts, inspect, isFacts } from "#core/python/inspect.ts";
import { pathPython } from "#core/python/path-python.ts";

export interface Python {
  /** The real file, not a shim or link. */
  readonly path: string;
  /** Such as 3.11.7. */
  readonly version: string;
  /** Such as 3.11. */
  readonly minor: string;
  /** Digest of implementation, version, sys.version and platform: part of the environment key. */
  readonly build: string;
  readonly source: PythonSource;
}

/** Oldest first. */
export const SUPPORTED_MINORS = ["3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"] as const;

/**
 * The first good interpreter of `minor`: PATH's own, else the newest patch; undefined when there is none.
 * @param wished of all good ones that of this very version, such as 3.11.7; one of conda's goes away sooner
 */
export async function findPython(ctx: Ctx, minor: string, wished?: string): Promise<Python | undefined> {
  let first: Python | undefined;
  for await (const { path, source } of candidatesOf(ctx, minor)) {
    const found = await inspect(ctx, path);
    if (!isFacts(found)) ctx.report.log(`skipping ${path}: ${found.refused}`);
    else if (found.minor === minor) {
      first ??= asPython(found, source);
      if (wished === undefined || (found.version === wished && source !== "conda")) return asPython(found, source);
    }
  }
  return first;
}

const asPython = ({ path, version, minor, build }: Facts, source: PythonSource): Python => ({
  path,
  version,
  minor,
  build,
  source,
});

/**
 * As `findPython`, but gets a missing one with uv's download.
 * @throws SwError PYTHON_NOT_FOUND that says where it was looked for and how to get one.
 */
export async function requirePython(ctx: Ctx, minor: string, wished?: string): Promise<Python> {
  const found = await findPython(ctx, minor, wished);
  if (found) return found;
  await ctx.takeTurn();
  ctx.report.progress({ step: "python", text: `Downloading Python ${minor}` });
  const failure = await downloadPython(ctx, minor);
  const got = failure === undefined ? await findPython(ctx, minor) : undefined;
  if (got) return got;
  throw notFound(ctx, minor, failure ?? `nothing usable in ${uvPythonDir(ctx.env)} after it`);
}

function notFound(ctx: Ctx, minor: string, download: string): SwError {
  const looked = searchedPlaces(ctx);
  return new SwError("PYTHON_NOT_FOUND", `Python ${minor} not found in ${looked.join(", ")}; download: ${download}`, {
    hint:
      `Install it (\`pyenv install ${minor}\`, \`conda create -n py${minor} python=${minor}\`, your system's python${minor}), ` +
      "or name a reachable mirror in UV_PYTHON_INSTALL_MIRROR.",
    detail: { minor, looked, download },
  });
}

/**
 * The minor version for a runtime that names none: that of the client's `python3`, else the newest found.
 * @throws SwError PYTHON_NOT_FOUND when no supported one is there.
 */
export async function defaultPythonMinor(ctx: Ctx): Promise<string> {
  const own = await pathPython(ctx);
  const found = own === undefined ? undefined : await inspect(ctx, own);
  if (found !== undefined && isFacts(found) && isSupported(found.minor)) return found.minor;
  for (const minor of SUPPORTED_MINORS.toReversed()) {
    if (await findPython(ctx, minor)) return minor;
  }
  throw new SwError("PYTHON_NOT_FOUND", `no Python found in ${searchedPlaces(ctx).join(", ")}`, {
    hint: "Install a Python from 3.7 to 3.13, or name one as environment.python in runtime.yaml (it is downloaded).",
  });
}

const isSupported = (minor: string): boolean => SUPPORTED_MINORS.some((known) => known === minor);
