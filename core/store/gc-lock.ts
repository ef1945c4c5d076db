/**
 * Who may touch content when: writers publish under a shared lock, the sweep of gc holds the exclusive one. Both are
 * short; what keeps the content of a long operation alive between its steps is its lease (leases.ts, kept.ts).
 * Order of locks: this one before the one of refs. Tests: test/unit/core/store/gc.test.ts, test/e2e/gc-race.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { fileLock } from "#core/platform/file-lock.ts";

const lockPath = (ctx: Ctx): string => `${ctx.paths.locks}.gc.lock`;

/** Runs `work` while nothing is swept. To be held for one step (put a blob, publish a name), never for an operation. */
export const unswept = async <T>(ctx: Ctx, work: () => T | Promise<T>): Promise<T> => await locked(ctx, true, work);

/** Runs `work` while nobody publishes content or names. */
export const sweeping = async <T>(ctx: Ctx, work: () => Promise<T>): Promise<T> => await locked(ctx, false, work);

async function locked<T>(ctx: Ctx, shared: boolean, work: () => T | Promise<T>): Promise<T> {
  const lock = await fileLock(lockPath(ctx), ctx.signal, shared);
  try {
    return await work();
  } finally {
    lock.release();
  }
}
