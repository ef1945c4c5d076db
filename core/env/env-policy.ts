/**
 * Which environments gc takes: unfinished and replaced ones and those of ended shells always, those that no runtime
 * needs when they are old enough, and on request those that nobody used for long or that don't fit into the size limit.
 * Pure. Tests: test/unit/core/env/env-policy.test.ts
 */
import { IN_FLIGHT_MS } from "#core/env/last-use.ts";
import type { LinkedUsage } from "#core/platform/disk-usage.ts";

export interface EnvFacts {
  path: string;
  key: string;
  /** The one that its key's marker names, with its interpreter alive. */
  whole: boolean;
  /** A writable one, made for a shell that has ended. */
  ended?: boolean;
  /** Some live version points to its key. */
  needed: boolean;
  /** An operation makes it, a process uses it, or a client is on its way into it; for people. */
  busy: string | undefined;
  /** Unix ms. */
  lastUse: number;
  usage: LinkedUsage;
}

/** Why one that nobody has entered yet stays. */
export function busyWhy(is: { made: boolean; inFlight: boolean }): string | undefined {
  if (is.made) return "it is being made";
  return is.inFlight ? `it was activated within the last ${IN_FLIGHT_MS / 1000} seconds` : undefined;
}

export interface EnvRules {
  /** Unneeded ones go when last used before it. */
  unneededBefore: number;
  /** Needed ones too, when asked. */
  unusedBefore: number | undefined;
  /** Bytes that all together may take, when asked; what several share counts once. */
  limit: number | undefined;
  /** Unix ms: above the limit only those go that were last used before it; all of them without. */
  limitUsedBefore?: number;
}

export interface EnvChoice {
  env: EnvFacts;
  why: string;
}

/** What goes, and what would go if it were not busy. */
export function chooseEnvs(envs: readonly EnvFacts[], rules: EnvRules): { go: EnvChoice[]; kept: EnvChoice[] } {
  const chosen = envs.flatMap((env) => {
    const why = reason(env, rules);
    return why === undefined ? [] : [{ env, why }];
  });
  const all = [...chosen, ...overLimit(envs, chosen, rules)];
  return {
    go: all.filter(({ env }) => env.busy === undefined),
    kept: all.flatMap(({ env }) => (env.busy === undefined ? [] : [{ env, why: env.busy }])),
  };
}

function reason(env: EnvFacts, rules: EnvRules): string | undefined {
  if (!env.whole) return "unfinished or replaced";
  if (env.ended) return "its shell has ended";
  if (!env.needed && env.lastUse <= rules.unneededBefore) return "no runtime needs it";
  if (rules.unusedBefore !== undefined && env.lastUse <= rules.unusedBefore) return "not used for long";
  return undefined;
}

/** The longest unused first, until the rest fits. */
function overLimit(envs: readonly EnvFacts[], chosen: readonly EnvChoice[], rules: EnvRules): EnvChoice[] {
  const { limit, limitUsedBefore = Number.POSITIVE_INFINITY } = rules;
  if (limit === undefined) return [];
  const gone = new Set(chosen.map(({ env }) => env));
  const left = envs.filter((env) => !gone.has(env)).sort((a, b) => a.lastUse - b.lastUse);
  const holders = countHolders(left);
  let total = left.reduce((sum, { usage }) => sum + usage.own, 0) + holders.bytes;
  const more: EnvChoice[] = [];
  for (const env of left) {
    if (total <= limit || env.lastUse >= limitUsedBefore) break;
    more.push({ env, why: "over the size limit" });
    if (env.busy === undefined) total -= env.usage.own + holders.drop(env);
  }
  return more;
}

/** How many environments hold each file that is linked from elsewhere. */
function countHolders(envs: readonly EnvFacts[]): { bytes: number; drop(env: EnvFacts): number } {
  const counts = new Map<string, number>();
  let bytes = 0;
  for (const { usage } of envs) {
    for (const [file, size] of usage.shared) {
      const before = counts.get(file) ?? 0;
      if (before === 0) bytes += size;
      counts.set(file, before + 1);
    }
  }
  /** What only this one held still. */
  const drop = ({ usage }: EnvFacts): number => {
    let freed = 0;
    for (const [file, size] of usage.shared) {
      const rest = (counts.get(file) ?? 1) - 1;
      counts.set(file, rest);
      if (rest === 0) freed += size;
    }
    return freed;
  };
  return { bytes, drop };
}
