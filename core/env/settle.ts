/**
 * What follows when an environment is ready and somebody uses it already: bytecode, then the record of how it looks.
 * Runs after the marker, in the background where there is one. Meaning and key of the environment stay as they are.
 * Tests: test/e2e/env.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { compileBytecode } from "#core/env/bytecode.ts";
import type { Marker } from "#core/env/marker.ts";
import { protect } from "#core/env/protect.ts";
import { writeRecord } from "#core/env/record.ts";
import { isSealed, prepareSeen, writeSeen } from "#core/env/seen.ts";
import { shareBytecode } from "#core/env/share-bytecode.ts";
import { withFileLock } from "#core/platform/file-lock.ts";

export interface SettleOptions {
  compile: boolean;
}

/** Whether it is done, or was begun by this process: each activation asks. */
export function isSettled(ctx: Ctx, marker: Marker): boolean {
  return ctx.memo.get<boolean>(begunKey(marker)) === true || isSealed(marker.prefix);
}

/** A path may be taken again by the next environment of its key. */
const begunKey = ({ prefix, created_at }: Marker) => `settled:${prefix}:${created_at}`;

/** A process that ends with its command does what takes no time, and does it now. */
export async function settleAfter(ctx: Ctx, marker: Marker, options: SettleOptions): Promise<void> {
  if (isSettled(ctx, marker)) return;
  if (ctx.longLived) settleLater(ctx, marker, options);
  else await settle(ctx, marker, { compile: false });
}

/** Begun once by this process: what keeps it from its end would keep it from it again. */
export function settleLater(ctx: Ctx, marker: Marker, options: SettleOptions): void {
  ctx.memo.set(begunKey(marker), true);
  ctx.background(`settle:${marker.prefix}`, `settle ${marker.key}`, (own) => settle(own, marker, options));
}

/** Once, however many ask, in however many processes. */
export async function settle(ctx: Ctx, marker: Marker, { compile }: SettleOptions): Promise<void> {
  await withFileLock(`${ctx.paths.locks}.settle-${marker.key}.lock`, ctx.signal, async () => {
    if (isSealed(marker.prefix)) return;
    if (compile) await compileBytecode(ctx, marker);
    if (compile) await shareBytecode(ctx, marker.prefix);
    await prepareSeen(marker.prefix);
    await writeRecord(ctx, marker.prefix);
    await writeSeen(marker.prefix);
    await protect(marker.prefix);
  });
}
