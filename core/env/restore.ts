/**
 * Makes the environment of a version, once however many ask: marker → lock → prefix at its final path → marker.
 * What fails or dies leaves no marker and is never used. Tests: test/e2e/activate-first.test.ts, test/e2e/activate.test.ts
 */
import { mkdir } from "node:fs/promises";
import { isOffline } from "#core/config/offline.ts";
import type { Ctx } from "#core/context.ts";
import { buildConda, condaBuild } from "#core/env/build-conda.ts";
import { buildVenv } from "#core/env/build-venv.ts";
import { placeGuard, placeSmallPip } from "#core/env/guard.ts";
import { envKey } from "#core/env/key.ts";
import {
  fileStamp,
  MARKER_FORMAT,
  type Marker,
  nextPrefixNumber,
  prefixPath,
  readMarker,
  writeMarker,
} from "#core/env/marker.ts";
import { writePointer } from "#core/env/pointer.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { sweepReplaced } from "#core/env/replaced.ts";
import { makeRoom } from "#core/env/room.ts";
import { settleAfter } from "#core/env/settle.ts";
import { usableRecipe } from "#core/env/usable-recipe.ts";
import { type FileLock, fileLock, tryFileLock } from "#core/platform/file-lock.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";
import { type Python, requirePython } from "#core/python/find.ts";
import { acquireLease, dropLease } from "#core/store/leases.ts";
import type { Version } from "#core/store/versions.ts";

export interface Restored {
  marker: Marker;
  /** False when it was there. */
  made: boolean;
}

export interface RestoreOptions {
  /** Make it anew at the next path although one is there. */
  fresh?: boolean;
  /** Whether bytecode shall be compiled when it is ready; undefined for what is usual. */
  compile?: boolean | undefined;
}

/**
 * The ready environment of `version`; waits with progress when somebody else is making it.
 * @throws ENV_BUILD_FAILED, PYTHON_NOT_FOUND, PLATFORM_NOT_COVERED,
 */
export async function restoreEnv(ctx: Ctx, version: Version, options: RestoreOptions = {}): Promise<Restored> {
  const fresh = options.fresh ?? false;
  const restored = await ctx.flights.join(`version:${version.id}:${fresh}${network(ctx)}`, ctx, (report, signal) =>
    restoreByKey({ ...ctx, report, signal }, version, fresh),
  );
  await settleAfter(ctx, restored.marker, options.compile, restored.made ? makeRoom : undefined);
  return restored;
}

/** Who may use the network does not join somebody who fails without it. */
const network = (ctx: Ctx): string => (isOffline(ctx.env) ? ":offline" : "");

/** Versions that have equal environments meet here. */
async function restoreByKey(ctx: Ctx, version: Version, fresh: boolean): Promise<Restored> {
  const recipe = await usableRecipe(ctx, version);
  // conda brings its own Python.
  const python = recipe.mode === "conda" ? undefined : await requirePython(ctx, recipe.python, recipe.patch);
  const locks = [recipe.requirements ?? "", recipe.vcs ?? "", ...(recipe.conda ? [recipe.conda] : [])];
  const key = envKey(recipe, python ?? condaBuild, locks);
  const restored = await ctx.flights.join(`env:${key}:${fresh}${network(ctx)}`, ctx, async (report, signal) => {
    const own: Ctx = { ...ctx, report, signal };
    const ready = fresh ? undefined : await readMarker(own, key);
    if (ready) return { marker: ready, made: false };
    return await makeLocked(own, { key, recipe, python, fresh });
  });
  await writePointer(ctx, version.id, key);
  return restored;
}

interface Making {
  key: string;
  recipe: Recipe;
  python: Python | undefined;
  fresh: boolean;
}

/** Under the lock of the key: another process may have made it while we waited. */
async function makeLocked(ctx: Ctx, making: Making): Promise<Restored> {
  const lock = await lockOf(ctx, making.key);
  try {
    const ready = making.fresh ? undefined : await readMarker(ctx, making.key);
    if (ready) return { marker: ready, made: false };
    const marker = await make(ctx, making);
    if (marker.n > 1) await sweepReplaced(ctx);
    return { marker, made: true };
  } finally {
    lock.release();
  }
}

/** Who has to wait is told so: another process says nothing of how far it is. */
async function lockOf(ctx: Ctx, key: string): Promise<FileLock> {
  const path = `${ctx.paths.locks}.env-${key}.lock`;
  const free = tryFileLock(path);
  if (free) return free;
  ctx.report.progress({ step: "wait", text: "Waiting for another process that works on this environment" });
  return await fileLock(path, ctx.signal);
}

async function make(ctx: Ctx, { key, recipe, python }: Making): Promise<Marker> {
  await mkdir(ctx.paths.envs, { recursive: true });
  const n = await nextPrefixNumber(ctx, key);
  const prefix = prefixPath(ctx, key, n);
  const lease = await acquireLease(ctx, { name: `env-${key}-${n}`, prefix, digests: digestsOf(recipe) });
  try {
    if (python && recipe.patch && python.version !== recipe.patch)
      ctx.report.warn(
        `made with Python ${python.version}: ${recipe.patch}, which it was locked in, is not on this machine`,
      );
    const made = python ?? (await buildConda(ctx, { prefix, recipe }));
    if (python) await buildVenv(ctx, { prefix, recipe, python });
    placeGuard(prefix);
    placeSmallPip(prefix, made.version);
    const marker: Marker = {
      format: MARKER_FORMAT,
      key,
      n,
      prefix,
      mode: recipe.mode,
      python: { path: made.path, version: made.version, stamp: fileStamp(made.path) },
      created_at: ctx.clock.now(),
    };
    await writeMarker(ctx, marker);
    return marker;
  } catch (e) {
    await removeTree(prefix);
    throw e;
  } finally {
    await dropLease(ctx, lease);
  }
}

/** The same content in a prefix that is nobody else's, without guard and marker. The caller removes what failed. */
export async function makeAt(ctx: Ctx, version: Version, prefix: string): Promise<Pick<Marker, "mode"> & Made> {
  const recipe = await usableRecipe(ctx, version);
  if (recipe.mode === "conda") return { mode: recipe.mode, ...(await buildConda(ctx, { prefix, recipe })) };
  const python = await requirePython(ctx, recipe.python, recipe.patch);
  await buildVenv(ctx, { prefix, recipe, python });
  return { mode: recipe.mode, path: python.path, version: python.version };
}

interface Made {
  path: string;
  version: string;
}

const digestsOf = (recipe: Recipe): string[] => [
  ...[...recipe.wheels, ...(recipe.carried ?? [])].map(({ sha256 }) => sha256),
  ...recipe.files.flatMap((tree) => tree.entries.flatMap((entry) => entry.sha256 ?? [])),
];
