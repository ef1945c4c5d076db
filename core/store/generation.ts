/**
 * The generation: a token that changes with every write to refs, so that memory is trusted only while nothing else wrote.
 * Tests: test/unit/core/store/refs.test.ts
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { writeFileAtomic } from "#core/platform/fs-atomic.ts";

/** "" before the first write. Synchronous: it is asked by every hot query and costs a few µs. */
export function readGeneration(ctx: Ctx): string {
  try {
    return readFileSync(ctx.paths.generation, "utf8");
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return "";
  }
}

/** To be called after the write and before its lock is given up. */
export async function bumpGeneration(ctx: Ctx): Promise<void> {
  await writeFileAtomic(ctx.paths.generation, randomBytes(12).toString("hex"), { durable: false });
}

/**
 * A value computed from refs, remembered while the generation stands.
 * The generation is read before the work, so a write in between makes the value stale, never wrong for ever.
 */
export async function rememberByGeneration<T>(ctx: Ctx, key: string, work: () => Promise<T>): Promise<T> {
  const generation = readGeneration(ctx);
  const known = ctx.memo.get<{ generation: string; value: T }>(key);
  if (known?.generation === generation) return known.value;
  const value = await work();
  ctx.memo.set(key, { generation, value });
  return value;
}
