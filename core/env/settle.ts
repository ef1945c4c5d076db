/**
 * What follows when an environment is ready and somebody uses it already: bytecode, then the record of how it looks, which
 * is compared with what its packages say of themselves. Runs after the marker, in the background where there is one.
 * Meaning and key of the environment stay as they are. Tests: test/e2e/env.test.ts, test/e2e/drift-cache.test.ts
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { compileBytecode } from "#core/env/bytecode.ts";
import { certify } from "#core/env/certify.ts";
import { type Marker, readMarker } from "#core/env/marker.ts";
import { protect } from "#core/env/protect.ts";
import { addToRecord, readRecord, writeRecord } from "#core/env/record.ts";
import { changedSince, isDamaged, isSealed, prepareSeen, unseal, writeSeen } from "#core/env/seen.ts";
import { shareBytecode } from "#core/env/share-bytecode.ts";
import { withFileLock } from "#core/platform/file-lock.ts";

/** Compile it, leave it so for good, or leave it to somebody who has the time. */
export type Bytecode = "compile" | "leave" | "later";

const signPath = (prefix: string, bytecode: Bytecode) => `${prefix}/.swcli/bytecode-${bytecode}`;
const has = (prefix: string, bytecode: Bytecode): boolean => existsSync(signPath(prefix, bytecode));

/** Whether it is done, or was begun by this process: each activation asks. */
export function isSettled(ctx: Ctx, marker: Marker): boolean {
  const { prefix } = marker;
  if (isSealed(prefix) && (has(prefix, "compile") || has(prefix, "leave"))) return true;
  // Who was killed at a repair since has opened it again.
  return ctx.memo.get<boolean>(begunKey(marker)) === true && !isDamaged(prefix);
}

/** A path may be taken again by the next environment of its key. */
const begunKey = ({ prefix, created_at }: Marker) => `settled:${prefix}:${created_at}`;

/** What is to be done in the background when that is through. */
export type Next = (ctx: Ctx, marker: Marker) => Promise<void>;

/**
 * In the background where there is one; a process that ends with its command does what takes no time, and does it now.
 * @param compile as somebody wished; undefined for what is usual
 */
export async function settleAfter(ctx: Ctx, marker: Marker, compile: boolean | undefined, next?: Next): Promise<void> {
  if (compile !== true && isSettled(ctx, marker)) return;
  if (ctx.longLived) settleLater(ctx, marker, compile === false ? "leave" : "compile", next);
  else await settle(ctx, marker, compile === true ? "compile" : compile === false ? "leave" : "later");
}

/** Begun once by this process: what keeps it from its end would keep it from it again. */
export function settleLater(ctx: Ctx, marker: Marker, bytecode: Bytecode, next?: Next): void {
  ctx.memo.set(begunKey(marker), true);
  ctx.background(`settle:${marker.prefix}:${bytecode}`, `settle ${marker.key}`, async (own) => {
    await settle(own, marker, bytecode);
    await next?.(own, marker);
  });
}

/** Once, however many ask, in however many processes. @throws CANCELLED when the environment is removed meanwhile */
export async function settle(ctx: Ctx, marker: Marker, bytecode: Bytecode): Promise<void> {
  await withFileLock(`${ctx.paths.locks}.settle-${marker.key}.lock`, ctx.signal, async () => {
    await ctx.flights.join(flightKey(marker.prefix), ctx, (report, signal) =>
      settleNow({ ...ctx, report, signal }, marker, bytecode),
    );
  });
}

const flightKey = (prefix: string) => `settle:${prefix}`;

/** Before an environment is removed: nothing of this process works on it any more. */
export const endSettling = async (ctx: Ctx, prefix: string): Promise<void> => await ctx.flights.end(flightKey(prefix));

async function settleNow(ctx: Ctx, marker: Marker, bytecode: Bytecode): Promise<void> {
  const { key, prefix } = marker;
  // It was removed or replaced before its turn came.
  if ((await readMarker(ctx, key))?.prefix !== prefix) return;
  const isMore = bytecode === "compile" && !has(prefix, "compile");
  // What somebody changed since stays to be warned of.
  if (isSealed(prefix) && (!isMore || changedSince(prefix).length > 0)) return;
  await unseal(prefix);
  if (isMore) await compileBytecode(ctx, marker);
  if (isMore) await shareBytecode(ctx, prefix);
  await prepareSeen(prefix);
  const damaged = (await recordAll(ctx, marker)) || isDamaged(prefix);
  await protect(prefix);
  await mkdir(`${prefix}/.swcli`, { recursive: true });
  await writeFile(signPath(prefix, bytecode), "");
  await writeSeen(prefix, { damaged });
}

/** What was recorded stays the truth; only new bytecode comes to it. True when something is not as its package says. */
async function recordAll(ctx: Ctx, marker: Marker): Promise<boolean> {
  const { prefix } = marker;
  if (await readRecord(prefix)) {
    await addToRecord(ctx, prefix);
    return false;
  }
  const { files, damaged } = await certify(ctx, marker);
  await writeRecord(prefix, files);
  return damaged;
}
