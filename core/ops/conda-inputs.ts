/**
 * Everything that a build from yaml in conda mode puts into a package: as build-inputs.ts, with conda's locks.
 * Tests: test/e2e/build-conda.test.ts
 */

import { channelAccess } from "#core/conda/channel-access.ts";
import { closedIn, sayClosed } from "#core/conda/channel-secrets.ts";
import { readKeptPackages } from "#core/conda/kept-packages.ts";
import { type CondaLockInput, lockConda } from "#core/conda/lock-conda.ts";
import { type CondaWants, condaWants } from "#core/conda/wants.ts";
import { cleanCondarc, condarcText } from "#core/config/condarc.ts";
import type { Ctx } from "#core/context.ts";
import { readRequirements } from "#core/lock/requirements.ts";
import type { RuntimeSpec } from "#core/manifest/spec.ts";
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
import { defaultPythonMinor } from "#core/python/find.ts";
import type { Entry } from "#core/store/versions.ts";

export async function collectCondaInputs(ctx: Ctx, spec: RuntimeSpec, options: InputOptions): Promise<BuildInputs> {
  // Before anything else is done with them: a file that is not there is said at its line.
  const own = await ownEntries(ctx, spec);
  const wants = await wantsOf(ctx, spec);
  const sources = [...sourcesOf(spec), ...wants.pip];
  const requirements = await readRequirements({ dir: requirementsDir(spec), sources, env: ctx.env });
  const included = await includedEntries(ctx, spec, requirements);
  const part: Part = { spec, wants, requirements, closed: closedIn(wants.secrets), entries: [...own, ...included] };
  return options.lock ? await locked(ctx, part, options) : await unlocked(ctx, part);
}

/** What is the same with a lock and without. */
interface Part {
  spec: RuntimeSpec;
  wants: CondaWants;
  requirements: BuildInputs["requirements"];
  /** Channels whose login or token stood in the runtime's files. */
  closed: readonly string[];
  entries: readonly Entry[];
}

async function unlocked(ctx: Ctx, { spec, wants, requirements, closed, entries }: Part): Promise<BuildInputs> {
  const channels = await channelsOf(ctx, spec, wants);
  sayClosed(ctx, channels, closed);
  const condarc = await condarcEntry(ctx, spec, channels);
  const wanted = spec.environment.python;
  const minor = wanted ?? (await defaultPythonMinor(ctx));
  const python = { minor, version: minor, from: wanted ? ("runtime.yaml" as const) : ("host" as const) };
  const none = { lock: null, lockCached: false, lockFiles: [] };
  return { spec, python, requirements, ...none, channels, entries: [...entries, ...condarc] };
}

async function locked(ctx: Ctx, part: Part, options: InputOptions): Promise<BuildInputs> {
  const { spec, wants, requirements, entries } = part;
  const { solution, lock, python } = await lockConda(ctx, {
    ...{ spec, wants, requirements, wheels: wheelPaths(spec) },
    kept: await keptBeside(spec, options),
    useCache: options.cache,
    upgrade: options.upgrade !== undefined,
  });
  for (const warning of lock.warnings) ctx.report.warn(warning);
  const { channels } = solution.lock;
  sayClosed(ctx, channels, part.closed);
  const locks = await condaLockEntries(ctx, { name: spec.name, explicit: solution.lock, lock });
  const carried = await carriedEntries(ctx, lock);
  return {
    spec: withWheels(spec, carried),
    python: { ...python, version: python.minor },
    requirements,
    lock,
    lockCached: solution.cached,
    lockFiles: lockFilesOf(locks),
    channels,
    entries: [...entries, ...(await condarcEntry(ctx, spec, channels)), ...locks, ...carried],
  };
}

/** As in venv mode, what is locked beside the yaml stays until somebody upgrades it. */
async function keptBeside(spec: RuntimeSpec, options: InputOptions): Promise<CondaLockInput["kept"]> {
  if (!options.cache || options.upgrade?.length === 0) return { conda: {}, pip: [] };
  const conda = await readKeptPackages(requirementsDir(spec), options.upgrade);
  return { conda, pip: await pinsFor(lockFileOf(spec), options) };
}

/** In the order that a solve would give them: their numbers are those of the variables that open them. */
async function channelsOf(ctx: Ctx, spec: RuntimeSpec, { channels: names, secrets }: CondaWants): Promise<string[]> {
  const { condarc } = spec.configs.conda;
  return (await channelAccess(ctx, { names, secrets, condarc, base: spec.dir })).channels;
}

/** Where the Python client looks for it. */
async function condarcEntry(ctx: Ctx, spec: RuntimeSpec, channels: readonly string[]): Promise<Entry[]> {
  const condarc = cleanCondarc(ctx, spec.configs.conda.condarc, channels);
  return Object.keys(condarc).length === 0 ? [] : [await textEntry(ctx, "configs/condarc", condarcText(condarc))];
}

/** Conda files are read as they stand in the folder, with what opens their channels; the store has them without. */
async function wantsOf(ctx: Ctx, spec: RuntimeSpec): Promise<CondaWants> {
  const layout = sourceLayout(spec);
  const label = spec.label ?? spec.file.slice(spec.file.lastIndexOf("/") + 1);
  const textOf = (path: string) => Bun.file(`${spec.dir}/${layout.sourceOf("dependencies", path)}`).text();
  const { dependencies } = spec;
  return await condaWants({ dependencies, channels: spec.configs.conda.channels, label, textOf, env: ctx.env });
}
