/**
 * Keeps the environments of a machine within the size that its config allows: when a new one is there, the longest unused
 * go. Never one in use or being made, nor the new one, nor what was used since. Tests: test/e2e/env-limit.test.ts
 */
import { readConfig } from "#core/config/config-file.ts";
import type { Ctx } from "#core/context.ts";
import { sweepOverLimit } from "#core/env/gc-envs.ts";
import { IN_FLIGHT_MS } from "#core/env/last-use.ts";
import type { Marker } from "#core/env/marker.ts";

/** To be called when the new one has its size. Without a limit no environment is looked at. */
export async function makeRoom(ctx: Ctx, made: Marker): Promise<void> {
  const limit = (await readConfig(ctx)).swcli.limits.envsSize;
  if (limit === undefined) return;
  // Who was told of another new one is on the way in.
  const usedBefore = Math.min(made.created_at, ctx.clock.now() - IN_FLIGHT_MS);
  for (const { prefix, why } of await sweepOverLimit(ctx, { limit, usedBefore }))
    ctx.report.log(`removed ${prefix}: ${why}`);
}
