/**
 * Activation scripts of a conda environment, run by bash to see what they leave in their environment. They may do anything
 * besides, so they are run again only where that tells something.
 * Tests: test/e2e/activate-conda.test.ts, test/e2e/conda-variables.test.ts
 */
import { randomBytes } from "node:crypto";
import { mkdir, symlink } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { OWN_VALUE, type Values } from "#core/env/activation/conda-learn.ts";
import { errno, SwError } from "#core/errors.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { type RunResult, run } from "#core/platform/proc.ts";

// What scripts print is no part of the answer, and a failing one doesn't end the others, as in conda. Afterwards PATH may be
// anything.
const BEGIN = "exec 3>&1 1>&2; _SWRT_E=$(type -P env)";
const END = '"$_SWRT_E" -0 >&3';
const SOURCE = `for _SWRT_F in "$@"; do . "$_SWRT_F"; done; ${END}`;
// Each is named first: one that ends the shell is the last of them.
const ONCE = `${BEGIN}; for _SWRT_F in "$@"; do printf '=%s\\0' "$_SWRT_F" >&3; . "$_SWRT_F"; done; ${END}`;

/** What they leave. @throws SwError ENV_BUILD_FAILED when one of them ends the shell, or never ends */
export async function runScripts(ctx: Ctx, scripts: readonly string[], env: Values): Promise<Values> {
  const argv = ["bash", "--noprofile", "--norc", "-c", ONCE, "bash", ...scripts];
  const began = performance.now();
  const result = await run(ctx, argv, { cwd: "/", env, deadlineMs: DEADLINE_MS });
  const pairs = result.stdout.split("\0");
  const values = valuesOf(pairs);
  if (Object.keys(values).length > 0) return values;
  const last = pairs.findLast((pair) => pair.startsWith("="))?.slice(1);
  const isEndless = performance.now() - began >= DEADLINE_MS;
  throw notLeft(last, result, isEndless ? `did not end in ${DEADLINE_MS / 1000} seconds` : undefined);
}

function notLeft(script: string | undefined, { exitCode, stderr }: RunResult, why: string | undefined): SwError {
  const how = why ?? `ended the shell (exit code ${exitCode})`;
  const said = stderr.trim().slice(-2000);
  return new SwError(
    "ENV_BUILD_FAILED",
    [`the activation script ${script ?? "of the environment"} ${how}`, ...(said === "" ? [] : [said])].join("\n"),
    {
      hint: "With conda it would take your shell along. Mend it in its package, or leave that out.",
      detail: { script },
    },
  );
}

const DEADLINE_MS = 30_000;

const valuesOf = (pairs: readonly string[]): Values =>
  Object.fromEntries(pairs.flatMap((pair) => (pair.indexOf("=") > 0 ? [pair.split(/=(.*)/s).slice(0, 2)] : [])));

// A variable at a time, each in a shell of its own: what one is decides must not depend on another one's try.
const TRY = `${BEGIN}; _SWRT_A=("\${@:3:$1}") _SWRT_V=$2; shift $(($1 + 2)); for _SWRT_N in "\${_SWRT_A[@]}"; do ( export "$_SWRT_N=$_SWRT_V"; printf '=%s\\0' "$_SWRT_N" >&3; ${SOURCE} ); done`;

/** What they leave where one of these variables has `OWN_VALUE`, by its name; undefined where they did not come to their end. */
export async function tryScripts(
  ctx: Ctx,
  { scripts, names, env }: { scripts: readonly string[]; names: readonly string[]; env: Values },
): Promise<Map<string, Values | undefined>> {
  const tries = new Map<string, string[]>(names.map((name) => [name, []]));
  if (names.length === 0) return new Map();
  const argv = ["bash", "--noprofile", "--norc", "-c", TRY, "bash", String(names.length), OWN_VALUE];
  const { stdout } = await run(ctx, [...argv, ...names, ...scripts], { cwd: "/", env, deadlineMs: DEADLINE_MS });
  let pairs: string[] | undefined;
  for (const pair of stdout.split("\0")) {
    if (pair.startsWith("=")) pairs = tries.get(pair.slice(1));
    else pairs?.push(pair);
  }
  // One pair is what stands behind the last zero.
  return new Map([...tries].map(([name, list]) => [name, list.length > 1 ? valuesOf(list) : undefined]));
}

/** What they leave where the home is reached by another path, which is recognized in values; undefined where none can be made. */
export async function tryHome(
  ctx: Ctx,
  { scripts, env }: { scripts: readonly string[]; env: Values },
): Promise<{ link: string; after: Values } | undefined> {
  const link = `${ctx.paths.activation}/home-${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(ctx.paths.activation, { recursive: true, mode: 0o700 });
    await symlink(env.HOME ?? "/", link);
  } catch (e) {
    if (errno(e) === undefined) throw e;
    return undefined;
  }
  try {
    return { link, after: await runScripts(ctx, scripts, { ...env, HOME: link }) };
  } finally {
    await removeFile(link);
  }
}
