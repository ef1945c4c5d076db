/**
 * What activating a conda environment changes: its env_vars.d and activate.d, worked out once by a shell, kept as a difference
 * beside the environment, and again when one of those files has changed.
 * Tests: test/e2e/conda-variables.test.ts, test/e2e/activate-conda.test.ts, test/e2e/hook-conda.test.ts
 */
import * as v from "valibot";
import { ACTIVATION_FOLDERS, packageVariables, personVariables, statePath } from "#core/conda/env-variables.ts";
import type { Ctx } from "#core/context.ts";
import { changed, learn, learnHome, pathChange, pathWith, worthTrying } from "#core/env/activation/conda-learn.ts";
import { runScripts, tryHome, tryScripts } from "#core/env/activation/conda-scripts.ts";
import { fileStamp } from "#core/env/marker.ts";
import { errno } from "#core/errors.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { fileTime } from "#core/platform/time-twin.ts";

const ExtensionSchema = v.object({ of: v.string(), parts: v.array(v.string()), alone: v.optional(v.string()) });

const ChangeSchema = v.object({
  /** PATH entries before the person's and behind them. */
  path: v.array(v.string()),
  behind: v.array(v.string()),
  set: v.record(v.string(), v.string()),
  unset: v.array(v.string()),
  /** Variables that are made of what the person has. */
  extend: v.record(v.string(), ExtensionSchema),
  /** Scripts for the way out, the last activated first. */
  leave: v.array(v.string()),
  /** Stamps of everything that was read. */
  inputs: v.record(v.string(), v.string()),
});

export type CondaChange = v.InferOutput<typeof ChangeSchema>;

/** What it was worked out from: path by time, absent ones without; undefined when something has changed since. */
export async function condaInputs(ctx: Ctx, prefix: string): Promise<Map<string, bigint | undefined> | undefined> {
  const change = ctx.memo.get<CondaChange>(memoKey(prefix)) ?? (await readKept(prefix));
  if (!change) return undefined;
  const times = new Map(Object.keys(change.inputs).map((path) => [path, fileTime(path)]));
  return isFresh(change) ? times : undefined;
}

const memoKey = (prefix: string) => `conda-change:${prefix}`;
/** Beside a shared environment, which is closed to changes and goes with the files of its key; in a writable one.
 * Never in conda-meta: conda reads every JSON file there. */
function keptPath(prefix: string): string {
  const [, key, n] = /^(.*\/[0-9a-f]{32})-(\d+)$/.exec(prefix) ?? [];
  return key ? `${key}.activation-${n}.json` : `${prefix}/.swcli/activation.json`;
}

/** From memory, else from beside the environment, else worked out. */
export async function condaChange(ctx: Ctx, prefix: string): Promise<CondaChange> {
  const key = memoKey(prefix);
  const known = ctx.memo.get<CondaChange>(key) ?? (await readKept(prefix));
  if (known && isFresh(known)) {
    ctx.memo.set(key, known);
    return known;
  }
  const change = await workOut(ctx, prefix);
  ctx.memo.set(key, change);
  await keep(prefix, change);
  return change;
}

/** For speed only: a store that is read-only must not stop an activation. */
async function keep(prefix: string, change: CondaChange): Promise<void> {
  try {
    await writeFileAtomic(keptPath(prefix), JSON.stringify(change), { durable: false });
  } catch (e) {
    if (errno(e) === undefined) throw e;
  }
}

const isFresh = ({ inputs }: CondaChange) => Object.entries(inputs).every(([path, stamp]) => fileStamp(path) === stamp);

async function readKept(prefix: string): Promise<CondaChange | undefined> {
  const text = await readTextIfAny(keptPath(prefix));
  if (text === undefined) return undefined;
  const parsed = v.safeParse(ChangeSchema, parseJson(text));
  return parsed.success ? parsed.output : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Kept for speed only: what can't be read is worked out again.
    return undefined;
  }
}

async function workOut(ctx: Ctx, prefix: string): Promise<CondaChange> {
  const scripts = await filesIn(`${prefix}/etc/conda/activate.d`, ".sh");
  const leave = await filesIn(`${prefix}/etc/conda/deactivate.d`, ".sh");
  const vars = await filesIn(`${prefix}/etc/conda/env_vars.d`, ".json");
  const given = await variablesOf(prefix, vars);
  const watched = [...ACTIVATION_FOLDERS.map((name) => `${prefix}/${name}`), statePath(prefix)];
  const inputs = Object.fromEntries([...watched, ...scripts, ...leave, ...vars].map((path) => [path, fileStamp(path)]));
  return { ...(await effect(ctx, { prefix, scripts, given })), leave: leave.reverse(), inputs };
}

interface Activating {
  prefix: string;
  scripts: readonly string[];
  /** Set before the scripts run. */
  given: Record<string, string>;
}

type Effect = Pick<CondaChange, "path" | "behind" | "set" | "unset" | "extend">;

async function effect(ctx: Ctx, { prefix, scripts, given }: Activating): Promise<Effect> {
  const bin = `${prefix}/bin`;
  if (scripts.length === 0) return { path: [bin], behind: [], set: given, unset: [], extend: {} };
  const env = baseEnv(ctx, prefix, given);
  const text = (await Promise.all(scripts.map((path) => readTextIfAny(path)))).join("\n");
  const after = await runScripts(ctx, scripts, env);
  const names = worthTrying(text, after, env).slice(0, MAX_TRIES);
  const learned = learn({ ...given, ...changed(env, after) }, await tryScripts(ctx, { scripts, names, env }));
  const home = /\bHOME\b|~/.test(text) ? await tryHome(ctx, { scripts, env }) : undefined;
  if (home) learnHome(learned, home.after, { home: env.HOME ?? "", link: home.link });
  const { odd, ...rest } = learned;
  if (odd.length > 0)
    ctx.report.log(`activation: what becomes of your own ${odd.join(", ")} can't be told from the scripts`);
  return { ...pathChange(after.PATH ?? "", bin), ...rest };
}

// A try is a run of all scripts; compilers' have some thirty variables.
const MAX_TRIES = 100;

async function filesIn(folder: string, ending: string): Promise<string[]> {
  const names = (await namesIn(folder)).filter((name) => name.endsWith(ending));
  return names.map((name) => `${folder}/${name}`);
}

/** Packages' files first, then what the user set. */
async function variablesOf(prefix: string, files: readonly string[]): Promise<Record<string, string>> {
  const packages = await Promise.all(files.map(packageVariables));
  return Object.assign({}, ...packages, await personVariables(prefix));
}

/** The same for everybody, so that the difference belongs to the environment and not to who asked first. */
const baseEnv = (ctx: Ctx, prefix: string, given: Record<string, string>): Record<string, string> => ({
  HOME: ctx.env.HOME || "/",
  PATH: pathWith(`${prefix}/bin`),
  CONDA_PREFIX: prefix,
  CONDA_DEFAULT_ENV: prefix,
  CONDA_SHLVL: "1",
  ...given,
});
