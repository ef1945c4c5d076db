/**
 * Leases keep what a running operation needs alive: gc never sweeps a digest or prefix that a live lease names.
 * Owns `leases/`; knows nothing of refs. Tests: test/unit/core/store/leases.test.ts
 */
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { readTextIfAny, removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";

const LeaseSchema = v.looseObject({
  name: v.string(),
  /** A prefix being made, if any. */
  prefix: v.optional(v.string()),
  digests: v.array(v.string()),
  /** Who works: a pid alone may be reused, so its start time stands beside it. */
  owner: v.object({ pid: v.number(), started: v.string() }),
});

export type Lease = v.InferOutput<typeof LeaseSchema>;

const leasePath = (ctx: Ctx, name: string) => `${ctx.paths.leases}/${name}.json`;

/** Publishes a lease before the operation touches the store. */
export async function acquireLease(ctx: Ctx, want: { name: string; prefix?: string; digests: readonly string[] }): Promise<Lease> {
  const lease: Lease = {
    ...want,
    digests: [...want.digests],
    owner: { pid: process.pid, started: startTime(process.pid) },
  };
  await writeFileAtomic(leasePath(ctx, want.name), JSON.stringify(lease));
  return lease;
}

/** Dropping twice is fine. */
export const dropLease = async (ctx: Ctx, lease: Lease): Promise<void> => await removeFile(leasePath(ctx, lease.name));

/** All leases with whether their owner still lives. An unreadable one counts as live: better kept than swept. */
export async function listLeases(ctx: Ctx): Promise<{ lease: Lease; live: boolean }[]> {
  const names = await readdir(ctx.paths.leases).catch((e: unknown) => {
    if (errno(e) !== "ENOENT") throw e;
    return [];
  });
  const leases = await Promise.all(names.filter((n) => n.endsWith(".json")).map((n) => readLease(`${ctx.paths.leases}/${n}`)));
  return leases.filter((lease) => lease !== undefined).map((lease) => ({ lease, live: isLive(lease) }));
}

async function readLease(path: string): Promise<Lease | undefined> {
  const text = await readTextIfAny(path);
  if (text === undefined) return undefined;
  try {
    const parsed = v.safeParse(LeaseSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

const isLive = (lease: Lease) => startTime(lease.owner.pid) === lease.owner.started;

/** The process's start time in clock ticks since boot (proc(5), field 22); "" when it is gone or there is no /proc. */
export function startTime(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ESRCH") throw e;
    return isRunning(pid) ? "running" : "";
  }
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
