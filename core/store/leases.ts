/**
 * Leases keep what a running operation needs alive: gc never sweeps a digest or prefix that a live lease names, nor
 * anything that came into the store since the oldest live lease began.
 * Owns `leases/`; knows nothing of refs. Tests: test/unit/core/store/gc.test.ts
 */
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { stemsIn } from "#core/platform/folder.ts";
import { readTextIfAny, removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { procStat } from "#core/platform/proc-stat.ts";

const LeaseSchema = v.looseObject({
  name: v.string(),
  /** A prefix being made, if any. */
  prefix: v.optional(v.string()),
  digests: v.array(v.string()),
  /** Who works: a pid alone may be reused, so its start time stands beside it. */
  owner: v.object({ pid: v.number(), started: v.string() }),
});

export type Lease = v.InferOutput<typeof LeaseSchema>;

export interface HeldLease {
  lease: Lease;
  /** Whether its owner still lives. */
  live: boolean;
  /** Unix ms, by the clock of the store's disk: comparable with the times of its files. */
  since: number;
}

const leasePath = (ctx: Ctx, name: string) => `${ctx.paths.leases}/${name}.json`;

/** Publishes a lease before the operation touches the store. */
export async function acquireLease(
  ctx: Ctx,
  want: { name: string; prefix?: string; digests: readonly string[] },
): Promise<Lease> {
  const lease: Lease = {
    ...want,
    digests: [...want.digests],
    owner: { pid: process.pid, started: startTime(process.pid) },
  };
  // Not flushed: after a power loss its owner is gone too.
  await writeFileAtomic(leasePath(ctx, want.name), JSON.stringify(lease), { durable: false });
  return lease;
}

/** Dropping twice is fine. */
export const dropLease = async (ctx: Ctx, lease: Lease): Promise<void> => await removeFile(leasePath(ctx, lease.name));

/** Runs an operation under a lease of its own: what it puts into or finds in the store stays until its end. */
export async function withLease<T>(ctx: Ctx, work: (ctx: Ctx) => Promise<T>): Promise<T> {
  const lease = await acquireLease(ctx, { name: `op-${randomBytes(8).toString("hex")}`, digests: [] });
  try {
    return await work({ ...ctx, lease: lease.name });
  } finally {
    await dropLease(ctx, lease);
  }
}

/** All leases; `ctx`'s own is left out. */
export async function listLeases(ctx: Ctx): Promise<HeldLease[]> {
  const names = await stemsIn(ctx.paths.leases, ".json");
  const others = names.filter((name) => name !== ctx.lease);
  const leases = await Promise.all(others.map((name) => readLease(ctx, name)));
  return leases.filter((lease) => lease !== undefined);
}

/** When the oldest running operation began; Infinity when none runs. */
export const oldestLive = (leases: readonly HeldLease[]): number =>
  Math.min(Number.POSITIVE_INFINITY, ...leases.filter(({ live }) => live).map(({ since }) => since));

async function readLease(ctx: Ctx, name: string): Promise<HeldLease | undefined> {
  const path = leasePath(ctx, name);
  const text = await readTextIfAny(path);
  if (text === undefined) return undefined;
  const since = await mtimeIfAny(path);
  if (since === undefined) return undefined;
  const lease = parseLease(text);
  if (lease) return { lease, live: isLive(lease), since };
  // Of a newer build, or damaged: better kept than swept.
  return { lease: { name, digests: [], owner: { pid: 0, started: "" } }, live: true, since };
}

function parseLease(text: string): Lease | undefined {
  try {
    const parsed = v.safeParse(LeaseSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

async function mtimeIfAny(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return undefined;
  }
}

const isLive = (lease: Lease) => startTime(lease.owner.pid) === lease.owner.started;

/** The process's start time in clock ticks since boot; "" when it is gone, "running" where there is no /proc. */
export function startTime(pid: number): string {
  const stat = procStat(pid);
  if (stat) return stat.isDead ? "" : stat.started;
  return isRunning(pid) ? "running" : "";
}

/** For systems without /proc. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return errno(e) === "EPERM";
  }
}
