/**
 * Everything that a build from yaml in conda mode puts into a package: as build-inputs.ts, with conda's locks.
 * Tests: test/e2e/build-conda.test.ts
 */

import { readKeptPackages } from "#core/conda/kept-packages.ts";
import { type CondaLockInput, lockConda } from "#core/conda/lock-conda.ts";
import { type CondaWants, condaWants } from "#core/conda/wants.ts";
import { cleanCondarc, condarcText } from "#core/config/condarc.ts";
import type { Ctx } from "#core/context.ts";
import { readRequirements } from "#core/lock/requirements.ts";
import type { Dependency, RuntimeSpec } from "#core/manifest/spec.ts";
import {
  type BuildInputs,
  carriedEntries,
  type InputOptions,
  includedEntries,
  lockFileOf,
  ownEntries,
  pinsFor,
  requirementsDir,
  sourcesOf,
  wheelPaths,
  withWheels,
} from "#core/ops/build-inputs.ts";
import { textEntry } from "#core/ops/collect.ts";
import { condaLockEntries, lockFilesOf } from "#core/ops/inputs-from-conda.ts";
import { sourceLayout } from "#core/ops/source-layout.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { defaultPythonMinor } from "#core/python/find.ts";
import { readBlobText } from "#core/store/blobs.ts";
import type { Entry } from "#core/store/versions.ts";

export async function collectCondaInputs(ctx: Ctx, read: RuntimeSpec, options: InputOptions): Promise<BuildInputs> {
  const spec = await withExplicitLists(read);
  // Before anything else is done with them: a file that is not there is said at its line.
  const own = await ownEntries(ctx, spec);
  const wants = await wantsOf(ctx, spec, own);
  const sources = [...sourcesOf(spec), ...wants.pip];
  const requirements = await readRequirements({ dir: requirementsDir(spec), sources, env: ctx.env });
  const included = await includedEntries(ctx, spec, requirements);
  const entries = [...own, ...included, ...(await condarcEntry(ctx, spec))];
  if (!options.lock) {
    const minor = spec.environment.python ?? (await defaultPythonMinor(ctx));
    const python = {
      minor,
      version: minor,
      from: spec.environment.python ? ("runtime.yaml" as const) : ("host" as const),
    };
    return { spec, python, requirements, lock: null, lockCached: false, lockFiles: [], entries };
  }
  const { solution, lock, python } = await lockConda(ctx, {
    ...{ spec, wants, requirements, wheels: wheelPaths(spec) },
    kept: await keptBeside(spec, options),
    useCache: options.cache,
    upgrade: options.upgrade !== undefined,
  });
  for (const warning of lock.warnings) ctx.report.warn(warning);
  const locks = await condaLockEntries(ctx, { name: spec.name, explicit: solution.lock, lock });
  const carried = await carriedEntries(ctx, lock);
  return {
    spec: withWheels(spec, carried),
    python: { ...python, version: python.minor },
    requirements,
    lock,
    lockCached: solution.cached,
    lockFiles: lockFilesOf(locks),
    entries: [...entries, ...locks, ...carried],
  };
}

/** As in venv mode, what is locked beside the yaml stays until somebody upgrades it. */
async function keptBeside(spec: RuntimeSpec, options: InputOptions): Promise<CondaLockInput["kept"]> {
  if (!options.cache || options.upgrade?.length === 0) return { conda: {}, pip: [] };
  const conda = await readKeptPackages(requirementsDir(spec), options.upgrade);
  return { conda, pip: await pinsFor(lockFileOf(spec), options) };
}

/** conda's own lists of packages end as requirement files do. */
async function withExplicitLists(spec: RuntimeSpec): Promise<RuntimeSpec> {
  const layout = sourceLayout(spec);
  const isList = async (path: string) => {
    const text = await readTextIfAny(`${spec.dir}/${layout.sourceOf("dependencies", path)}`);
    return text !== undefined && /^\s*@EXPLICIT\s*$/m.test(text);
  };
  const dependencies = spec.dependencies.map(async (d): Promise<Dependency> => {
    return d.kind === "pip_req_file" && (await isList(d.path)) ? { ...d, kind: "conda_env_file" } : d;
  });
  return { ...spec, dependencies: await Promise.all(dependencies) };
}

/** Where the Python client looks for it. */
async function condarcEntry(ctx: Ctx, spec: RuntimeSpec): Promise<Entry[]> {
  const condarc = cleanCondarc(ctx, spec.configs.conda.condarc);
  return Object.keys(condarc).length === 0 ? [] : [await textEntry(ctx, "configs/condarc", condarcText(condarc))];
}

/** Conda files are read as they went into the store: cleaned of secrets, and surely inside the folder. */
async function wantsOf(ctx: Ctx, spec: RuntimeSpec, own: readonly Entry[]): Promise<CondaWants> {
  const layout = sourceLayout(spec);
  const label = spec.label ?? spec.file.slice(spec.file.lastIndexOf("/") + 1);
  const textOf = async (path: string) => {
    const digest = own.find((entry) => entry.path === `dependencies/${path}`)?.sha256;
    return digest
      ? await readBlobText(ctx, digest)
      : await Bun.file(`${spec.dir}/${layout.sourceOf("dependencies", path)}`).text();
  };
  return await condaWants({ dependencies: spec.dependencies, channels: spec.configs.conda.channels, label, textOf });
}
