/**
 * Ends what a dead operation left running on a prefix that was never finished: engines in groups of their own.
 * Nobody was ever told of such a prefix, so an engine that names it can only be ours. Linux; elsewhere it finds none.
 * Tests: test/e2e/start-sweep.test.ts
 */
import { readFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { prefixUsers } from "#core/env/in-use.ts";
import { signalGroup } from "#core/platform/proc.ts";
import { procStat } from "#core/platform/proc-stat.ts";

const GRACE_MS = 2000;

/** @returns the groups that were ended */
export async function endOrphans(ctx: Ctx, prefixes: ReadonlySet<string>): Promise<number[]> {
  const groups = await orphanGroups(ctx, prefixes);
  for (const group of groups) signalGroup(group, "SIGTERM");
  const until = Date.now() + GRACE_MS;
  while (Date.now() < until && (await orphanGroups(ctx, prefixes)).length > 0) await Bun.sleep(50);
  for (const group of await orphanGroups(ctx, prefixes)) signalGroup(group, "SIGKILL");
  return groups;
}

async function orphanGroups(ctx: Ctx, prefixes: ReadonlySet<string>): Promise<number[]> {
  if (prefixes.size === 0) return [];
  const users = (await prefixUsers(ctx)) ?? [];
  const named = users.filter((user) => [...user.prefixes].some((prefix) => prefixes.has(prefix)));
  const groups = await Promise.all(named.map(({ pid }) => engineGroup(pid, prefixes)));
  return groups.filter((group) => group !== undefined);
}

// What we start to fill a prefix, and the prefix's own Python that it starts.
const ENGINE = /^(uv|uv-.+|rattler.*|micromamba|mamba|conda|python[\d.]*)$/;

/** The process's group when it leads it and is an engine with the prefix on its command line; a person's `ls` is none. */
async function engineGroup(pid: number, prefixes: ReadonlySet<string>): Promise<number | undefined> {
  try {
    const [program = "", ...args] = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
    const group = procStat(pid)?.group;
    const names = [...prefixes].some((prefix) => [program, ...args].some((word) => word.includes(prefix)));
    const isEngine = ENGINE.test(program.slice(program.lastIndexOf("/") + 1));
    return group === pid && names && isEngine ? group : undefined;
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}
