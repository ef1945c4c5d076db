/**
 * What a starting daemon tidies up in the background: leases of dead owners with the engines that they left running,
 * half-written content, and environments that were never finished. Tests: test/e2e/start-sweep.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { sweepUnfinished } from "#core/env/gc-envs.ts";
import { endOrphans } from "#core/env/orphans.ts";
import { diskNow } from "#core/store/disk-clock.ts";
import { sweepLeftovers } from "#core/store/gc-sweep.ts";
import { sweepKept } from "#core/store/kept.ts";
import { dropLease, listLeases, oldestLive } from "#core/store/leases.ts";

export async function sweepStart(ctx: Ctx): Promise<void> {
  const now = await diskNow(ctx);
  const leases = await listLeases(ctx);
  const dead = leases.filter(({ live }) => !live).map(({ lease }) => lease);
  const ended = await endOrphans(ctx, new Set(dead.flatMap(({ prefix }) => prefix ?? [])));
  if (ended.length > 0) ctx.report.log(`ended processes that a dead operation left: ${ended.join(", ")}`);
  for (const lease of dead) await dropLease(ctx, lease);
  const before = Math.min(now, oldestLive(leases));
  await sweepKept(ctx, before);
  const leftovers = await sweepLeftovers(ctx, { before, dryRun: false });
  if (leftovers.count > 0) ctx.report.log(`removed ${leftovers.count} leftovers of dead operations`);
  for (const { prefix, why } of await sweepUnfinished(ctx)) ctx.report.log(`removed ${prefix}: ${why}`);
}
