/**
 * What activating a conda environment changes besides PATH: its env_vars.d and activate.d, worked out once by a shell, kept
 * as a difference beside the environment, and again when one of those files has changed.
 * Tests: test/e2e/build-conda.test.ts, test/e2e/activate-conda.test.ts, test/e2e/hook-conda.test.ts
 */
import * as v from "valibot";
import { ACTIVATION_FOLDERS, packageVariables, personVariables, statePath } from "#core/conda/env-variables.ts";
import type { Ctx } from "#core/context.ts";
import { fileStamp } from "#core/env/marker.ts";
import { errno, SwError } from "#core/errors.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { run } from "#core/platform/proc.ts";
import { fileTime } from "#core/platform/time-twin.ts";

const ChangeSchema = v.object({
  /** PATH entries that scripts put before the rest, without the environment's own. */
  path: v.array(v.string()),
  set: v.record(v.string(), v.string()),
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
  const set = await variablesOf(prefix, vars);
  const watched = [
    ...ACTIVATION_FOLDERS.map((name) => `${prefix}/${name}`),
    statePath(prefix),
    ...scripts,
    ...leave,
    ...vars,
  ];
  const inputs = Object.fromEntries(watched.map((path) => [path, fileStamp(path)]));
  const base = baseEnv(ctx, prefix, set);
  const after = scripts.length > 0 ? await sourced(ctx, scripts, base) : base;
  return {
    ...difference(prefix, base, { ...after }),
    set: { ...set, ...changed(base, after) },
    leave: leave.reverse(),
    inputs,
  };
}

async function filesIn(folder: string, ending: string): Promise<string[]> {
  const names = (await namesIn(folder)).filter((name) => name.endsWith(ending));
  return names.map((name) => `${folder}/${name}`);
}

/** Packages' files first, then what the user set. */
async function variablesOf(prefix: string, files: readonly string[]): Promise<Record<string, string>> {
  const packages = await Promise.all(files.map(packageVariables));
  return Object.assign({}, ...packages, await personVariables(prefix));
}

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The same for everybody, so that the difference belongs to the environment and not to who asked first. */
function baseEnv(ctx: Ctx, prefix: string, set: Record<string, string>): Record<string, string> {
  return {
    HOME: ctx.env.HOME || "/",
    PATH: `${prefix}/bin:${SYSTEM_PATH}`,
    CONDA_PREFIX: prefix,
    CONDA_DEFAULT_ENV: prefix,
    CONDA_SHLVL: "1",
    ...set,
  };
}

// What scripts print is no part of the answer, and a failing one doesn't end the others, as in conda.
const SCRIPT = 'exec 3>&1 1>&2; for f in "$@"; do . "$f"; done; env -0 >&3';

async function sourced(ctx: Ctx, scripts: readonly string[], base: Record<string, string>) {
  const argv = ["bash", "--noprofile", "--norc", "-c", SCRIPT, "bash", ...scripts];
  const result = await run(ctx, argv, { cwd: "/", env: base, deadlineMs: 30_000 });
  if (result.exitCode !== 0 && result.stdout === "") {
    throw new SwError(
      "ENV_BUILD_FAILED",
      `the activation scripts of the environment failed:\n${result.stderr.slice(0, 2000)}`,
    );
  }
  const pairs = result.stdout.split("\0").filter((pair) => pair.includes("="));
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

// Of the shell that worked it out, or given by the plan itself.
const OURS = /^(_|PWD|OLDPWD|SHLVL|PATH|HOME|CONDA_PREFIX|CONDA_DEFAULT_ENV|CONDA_SHLVL|BASH_.*)$/;

const changed = (base: Record<string, string>, after: Record<string, string>) =>
  Object.fromEntries(Object.entries(after).filter(([key, value]) => !OURS.test(key) && base[key] !== value));

function difference(prefix: string, base: Record<string, string>, after: Record<string, string>): { path: string[] } {
  const known = new Set((base.PATH ?? "").split(":"));
  const path = (after.PATH ?? "").split(":").filter((entry) => entry !== "" && !known.has(entry));
  return { path: path.filter((entry) => entry !== `${prefix}/bin`) };
}
