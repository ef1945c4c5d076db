/** `env list|info|remove|prune`: environments with their size, last use and users. Tests: test/e2e/env.test.ts */

import { readConfig } from "#core/config/config-file.ts";
import type { Ctx } from "#core/context.ts";
import { listPrefixes } from "#core/env/envs-list.ts";
import { type SweptEnv, sweepEnvs } from "#core/env/gc-envs.ts";
import { prefixUsers } from "#core/env/in-use.ts";
import { lastUse } from "#core/env/last-use.ts";
import { lastEntered } from "#core/env/live-shells.ts";
import { type Marker, readMarker } from "#core/env/marker.ts";
import { versionsByKey } from "#core/env/pointer-index.ts";
import { removeShared } from "#core/env/remove-env.ts";
import { changedSince, isSealed } from "#core/env/seen.ts";
import { lastUseOf, removeWritable } from "#core/env/sweep-writable.ts";
import { listWritable, type Writable } from "#core/env/writable.ts";
import { SwError } from "#core/errors.ts";
import { liveVersionIds, runtimeNames } from "#core/ops/runtime-names.ts";
import { localUri, resolveLocal } from "#core/ops/target.ts";
import { diskUsage } from "#core/platform/disk-usage.ts";

export interface EnvRow {
  /** The key of a shared one, the name of a writable one. */
  name: string;
  kind: "shared" | "writable";
  prefix: string;
  /** The interpreter, for tools. */
  python: string;
  python_version: string | null;
  mode: "venv" | "conda";
  /** `project/name` of the runtimes that have it. */
  runtimes: string[];
  size: number;
  own_size: number;
  created_at: string;
  last_used: string;
  /** Processes in it; null where nobody can say. */
  pids: number[] | null;
  /** Folders that something changed since it was made. */
  changed: string[];
}

export async function listEnvs(ctx: Ctx): Promise<EnvRow[]> {
  const found = await findAll(ctx);
  return await Promise.all(found.map((env) => rowOf(ctx, env)));
}

interface Env {
  name: string;
  marker?: Marker;
  writable?: Writable;
  prefix: string;
  mode: "venv" | "conda";
  runtimes: string[];
  pids: number[] | null;
  created: number;
}

async function findAll(ctx: Ctx): Promise<Env[]> {
  const prefixes = await listPrefixes(ctx);
  const [users, byKey, names] = await Promise.all([prefixUsers(ctx), versionsByKey(ctx), runtimeNames(ctx)]);
  const pidsOf = (prefix: string) =>
    users?.filter(({ prefixes: used }) => used.has(prefix)).map(({ pid }) => pid) ?? null;
  const shared = prefixes.map(async ({ key, n, path }) => {
    const marker = await readMarker(ctx, key);
    if (marker?.n !== n) return undefined;
    const runtimes = [...new Set((byKey.get(key) ?? []).flatMap((id) => names.get(id) ?? []))].sort();
    return {
      name: key,
      marker,
      prefix: path,
      mode: marker.mode,
      runtimes,
      pids: pidsOf(path),
      created: marker.created_at,
    };
  });
  const own = (await listWritable(ctx)).map((writable) => {
    const { name, prefix, mode, project, runtime, created_at: created } = writable;
    const runtimes = runtime === "" ? [] : [`${project}/${runtime}`];
    return { name, writable, prefix, mode, runtimes, pids: pidsOf(prefix), created };
  });
  return [...(await Promise.all(shared)).filter((env) => env !== undefined), ...own];
}

async function rowOf(ctx: Ctx, env: Env): Promise<EnvRow> {
  const usage = await diskUsage(env.prefix);
  const used = await usedAt(ctx, env);
  return {
    name: env.name,
    kind: env.writable ? "writable" : "shared",
    prefix: env.prefix,
    python: `${env.prefix}/bin/python`,
    python_version: env.marker?.python.version ?? null,
    mode: env.mode,
    runtimes: env.runtimes,
    size: usage.bytes,
    own_size: usage.own,
    created_at: new Date(env.created).toISOString(),
    last_used: new Date(used).toISOString(),
    pids: env.pids,
    changed: env.marker && isSealed(env.prefix) ? changedSince(env.prefix) : [],
  };
}

async function usedAt(ctx: Ctx, { marker, writable, created }: Env): Promise<number> {
  if (writable) return await lastUseOf(ctx, writable);
  return marker ? Math.max(lastUse(ctx, marker), await lastEntered(ctx, marker.prefix)) : created;
}

/** By name, the beginning of a key, a prefix, or the URI of a runtime. @throws ENV_NOT_FOUND, AMBIGUOUS */
async function findEnv(ctx: Ctx, word: string): Promise<Env> {
  const all = await findAll(ctx);
  const exact = all.find((env) => env.name === word || env.prefix === word);
  if (exact) return exact;
  const begins = word.length >= 4 ? all.filter((env) => env.marker && env.name.startsWith(word)) : [];
  if (begins.length > 1) {
    throw new SwError("AMBIGUOUS", `${word} is the beginning of ${begins.length} environments`, {
      hint: "Write more of it.",
    });
  }
  return begins[0] ?? (await envOfRuntime(ctx, all, word));
}

const noSuchEnv = (word: string) =>
  new SwError("ENV_NOT_FOUND", `no environment ${word}`, { hint: "`swcli env list` shows those that are there." });

async function envOfRuntime(ctx: Ctx, all: readonly Env[], uri: string): Promise<Env> {
  const { ref, version } = await resolveLocal(ctx, uri).catch((e: unknown) => {
    if (e instanceof SwError && e.code === "URI_INVALID") throw noSuchEnv(uri);
    throw e;
  });
  const byKey = await versionsByKey(ctx);
  const found = all.find((env) => env.marker && byKey.get(env.name)?.includes(version.id));
  if (found) return found;
  throw new SwError(
    "ENV_NOT_FOUND",
    `${localUri(ref.project, ref.name, version.id)} has no environment on this machine`,
    {
      hint: `\`swcli runtime activate ${uri}\` makes it; \`swcli env list\` shows those that are there.`,
    },
  );
}

export const envInfo = async (ctx: Ctx, { env }: { env: string }): Promise<EnvRow> =>
  await rowOf(ctx, await findEnv(ctx, env));

/** The environment that a word names, for those who work in it. */
export async function envPlace(ctx: Ctx, word: string): Promise<{ name: string; prefix: string; marker?: Marker }> {
  return await findEnv(ctx, word);
}

export const sharedPlaces = async (ctx: Ctx): Promise<{ name: string; prefix: string; marker?: Marker }[]> =>
  (await findAll(ctx)).filter((env) => env.marker);

/** @throws IN_USE unless forced */
export async function removeEnv(ctx: Ctx, params: { env: string; force: boolean }) {
  const env = await findEnv(ctx, params.env);
  if (!params.force && env.pids && env.pids.length > 0) throw inUse(env);
  const bytes = (await diskUsage(env.prefix)).own;
  if (env.writable && !(await removeWritable(ctx, env.writable, params.force))) throw inUse(env);
  if (env.marker && !(await removeShared(ctx, env.marker, params.force))) throw inUse(env);
  return { name: env.name, prefix: env.prefix, freed_bytes: bytes };
}

const inUse = (env: Env) =>
  new SwError("IN_USE", `${env.name} is in use${env.pids?.length ? ` by process ${env.pids.join(", ")}` : ""}`, {
    hint: "End what uses it, or remove it all the same with --force.",
    detail: { pids: env.pids },
  });

// As `gc --envs` has it.
const UNUSED_MS = 30 * 86_400_000;

export interface PruneResult {
  dry_run: boolean;
  freed_bytes: number;
  environments: SweptEnv[];
  kept: SweptEnv[];
}

/** What no runtime needs, what was long unused, what is over the limit, and what was made for shells that have ended. */
export async function pruneEnvs(ctx: Ctx, params: { dry_run: boolean }): Promise<PruneResult> {
  const now = ctx.clock.now();
  const limit = (await readConfig(ctx)).swcli.limits.envsSize;
  const rules = { unneededBefore: now, unusedBefore: now - UNUSED_MS, limit };
  const live = await liveVersionIds(ctx);
  const { swept, kept } = await sweepEnvs(ctx, { ...rules, dryRun: params.dry_run, live });
  const freed_bytes = swept.reduce((sum, { bytes }) => sum + bytes, 0);
  return { dry_run: params.dry_run, freed_bytes, environments: swept, kept };
}
