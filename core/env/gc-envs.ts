/**
 * The part of gc that takes environments. A marker goes first, so that nobody enters what is being removed; what a
 * client was told about just before comes back. Tests: test/e2e/gc.test.ts
 */
import { statSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import { busyWhy, chooseEnvs, type EnvFacts, type EnvRules } from "#core/env/env-policy.ts";
import { filesOfKey, listPrefixes, type Prefix } from "#core/env/envs-list.ts";
import { prefixesInUse } from "#core/env/in-use.ts";
import { IN_FLIGHT_MS, isInFlight, lastUse, raiseUse } from "#core/env/last-use.ts";
import { sweepLinks } from "#core/env/links.ts";
import { closeToShells, doorOf, hasLiveShell, lastEntered } from "#core/env/live-shells.ts";
import { dropMarker, markerPath, readMarker } from "#core/env/marker.ts";
import { neededKeys, sweepPointers } from "#core/env/pointer-index.ts";
import { sweepRcFolders } from "#core/env/rc-folders.ts";
import { removePrefix } from "#core/env/remove-env.ts";
import { sweepBytecode } from "#core/env/share-bytecode.ts";
import { lostWritables, sweepWritable } from "#core/env/sweep-writable.ts";
import { isWritableKey } from "#core/env/writable.ts";
import { diskUsage, linkedUsage, NO_USAGE } from "#core/platform/disk-usage.ts";
import { tryFileLock } from "#core/platform/file-lock.ts";
import { readTextIfAny, removeFile, removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { listLeases } from "#core/store/leases.ts";

export interface SweptEnv {
  prefix: string;
  why: string;
  /** Bytes that its removal frees; what uv's cache or another environment links to stays. */
  bytes: number;
}

export interface EnvSweep extends EnvRules {
  dryRun: boolean;
  /** Versions that are neither removed nor about to be. */
  live: ReadonlySet<string>;
}

export async function sweepEnvs(ctx: Ctx, sweep: EnvSweep): Promise<{ swept: SweptEnv[]; kept: SweptEnv[] }> {
  const envs = await readFacts(ctx, sweep);
  const { go, kept } = await chooseUnused(ctx, envs, sweep);
  const swept: SweptEnv[] = [];
  for (const { env, why } of go) {
    const bytes = (await diskUsage(env.path)).own;
    if (sweep.dryRun || (await removeEnv(ctx, env))) swept.push({ prefix: env.path, why, bytes });
  }
  if (!sweep.dryRun) await sweepBeside(ctx, sweep.live);
  return { swept, kept: kept.map(({ env, why }) => ({ prefix: env.path, why, bytes: env.usage.own })) };
}

/** What is kept for environments and belongs to none any more. */
async function sweepBeside(ctx: Ctx, live: ReadonlySet<string>): Promise<void> {
  await sweepPointers(ctx, live);
  await sweepRcFolders(ctx);
  await sweepBytecode(ctx);
  await sweepLinks(ctx);
}

/**
 * Only what nobody can use: prefixes that were never finished, or that a fresh start has replaced, and writable ones of
 * shells that have ended.
 */
export const sweepUnfinished = async (ctx: Ctx): Promise<SweptEnv[]> => await sweepLost(ctx, { limit: undefined });

/** That, and the longest unused ones above the limit; only those that were last used before that time. */
export const sweepOverLimit = async (ctx: Ctx, over: { limit: number; usedBefore: number }): Promise<SweptEnv[]> =>
  await sweepLost(ctx, { limit: over.limit, limitUsedBefore: over.usedBefore });

async function sweepLost(ctx: Ctx, over: Pick<EnvRules, "limit" | "limitUsedBefore">): Promise<SweptEnv[]> {
  const rules = { unneededBefore: Number.NEGATIVE_INFINITY, unusedBefore: undefined, ...over };
  const { go } = await chooseUnused(ctx, await readFacts(ctx, { live: new Set(), limit: over.limit }), rules);
  const swept: SweptEnv[] = [];
  for (const { env, why } of go) if (await removeEnv(ctx, env)) swept.push({ prefix: env.path, why, bytes: 0 });
  await sweepLinks(ctx);
  return swept;
}

/** The order matters: folders, then leases, then markers (see `listPrefixes`). */
async function readFacts(ctx: Ctx, { live, limit }: Pick<EnvSweep, "live" | "limit">): Promise<EnvFacts[]> {
  const prefixes = await listPrefixes(ctx);
  const leases = await listLeases(ctx);
  const making = new Set(leases.filter((held) => held.live).flatMap(({ lease }) => lease.prefix ?? []));
  const needed = await neededKeys(ctx, live);
  const facts: EnvFacts[] = [];
  // One after the other: all at once would hold the names of all their files in memory.
  for (const prefix of prefixes) facts.push(await factsOf(ctx, prefix, { making, needed, sized: limit !== undefined }));
  return [...facts, ...(await lostWritables(ctx, making))];
}

/** What is chosen to go, after a look at every process; without a candidate there is no look. */
async function chooseUnused(ctx: Ctx, envs: EnvFacts[], rules: EnvRules): Promise<ReturnType<typeof chooseEnvs>> {
  const first = chooseEnvs(envs, rules);
  if (first.go.length === 0) return first;
  const inUse = await prefixesInUse(ctx);
  const seen = envs.map(async (env) => ({ ...env, busy: env.busy ?? (await usedWhy(ctx, env, inUse)) }));
  return chooseEnvs(await Promise.all(seen), rules);
}

interface Known {
  making: ReadonlySet<string>;
  needed: ReadonlySet<string>;
  /** Walking a large environment takes time, and only a limit asks for it. */
  sized: boolean;
}

async function factsOf(ctx: Ctx, prefix: Prefix, known: Known): Promise<EnvFacts> {
  const marker = await readMarker(ctx, prefix.key);
  const whole = marker?.n === prefix.n;
  // Of one that is not whole nobody notes the use: its making has to do.
  const used = whole
    ? Math.max(lastUse(ctx, marker), await lastEntered(ctx, prefix.path))
    : (statSync(prefix.path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const { path, key } = prefix;
  return {
    path,
    key,
    whole,
    needed: known.needed.has(key),
    // A client may just have been told of a prefix that has been replaced since.
    busy: busyWhy({ made: known.making.has(path), inFlight: marker !== undefined && isInFlight(ctx, key) }),
    lastUse: used,
    usage: known.sized ? await linkedUsage(path) : NO_USAGE,
  };
}

// Where nobody can say who uses what, a week without an activation has to do.
const BLIND_MS = 7 * 24 * 3_600_000;

async function usedWhy(
  ctx: Ctx,
  { path, key, lastUse: used }: EnvFacts,
  inUse: ReadonlySet<string> | undefined,
): Promise<string | undefined> {
  if (await hasLiveShell(ctx, path)) {
    // It says once that it is in, and may stay for weeks. As if it had just left: nobody is on the way in.
    raiseUse(ctx, key, Date.now() - IN_FLIGHT_MS);
    return "a shell is in it";
  }
  if (inUse === undefined) return Date.now() - used < BLIND_MS ? "it may be in use" : undefined;
  return inUse.has(path) ? "a process uses it" : undefined;
}

/** False when somebody is making or entering it right now. */
async function removeEnv(ctx: Ctx, env: EnvFacts): Promise<boolean> {
  if (isWritableKey(env.key)) return await sweepWritable(ctx, env);
  if (!(await closeToShells(ctx, env.path))) return false;
  if (env.whole && !(await dropEnv(ctx, env))) return false;
  await removePrefix(ctx, env.path);
  await removeTree(doorOf(ctx, env.path));
  return true;
}

async function dropEnv(ctx: Ctx, env: EnvFacts): Promise<boolean> {
  const { key, path } = env;
  const lock = tryFileLock(`${ctx.paths.locks}.env-${key}.lock`);
  if (!lock) return false;
  try {
    const marker = await readTextIfAny(markerPath(ctx, key));
    await dropMarker(ctx, key);
    if (marker !== undefined && (hasUseSince(ctx, env) || (await hasLiveShell(ctx, path)))) {
      await writeFileAtomic(markerPath(ctx, key), marker);
      return false;
    }
    for (const file of await filesOfKey(ctx, key)) await removeFile(file);
    return true;
  } finally {
    lock.release();
  }
}

/** Others may have gone before it, which takes its time: who came in meanwhile need not be on the way any more. */
const hasUseSince = (ctx: Ctx, { key, lastUse: known }: EnvFacts): boolean =>
  isInFlight(ctx, key) || lastUse(ctx, { key, created_at: 0 }) > known;
