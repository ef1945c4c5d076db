/**
 * What a starting daemon tidies up in the background: leases of dead owners with the engines that they left running,
 * half-written content, environments that were never finished, and what another build rendered for hooked shells.
 * Tests: test/e2e/start-sweep.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { sweepUnfinished } from "#core/env/gc-envs.ts";
import { dropEntries } from "#core/env/hook-entries.ts";
import { endOrphans } from "#core/env/orphans.ts";
import { BUILD_ID } from "#core/platform/build-info.ts";
import { diskNow } from "#core/store/disk-clock.ts";
import { sweepLeftovers } from "#core/store/gc-sweep.ts";
import { sweepKept } from "#core/store/kept.ts";
import { dropLease, listLeases, oldestLive } from "#core/store/leases.ts";
import { openState } from "#core/store/state.ts";

export async function sweepStart(ctx: Ctx): Promise<void> {
  await forgetOtherBuilds(ctx);
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

/** Hooked shells would go on with the scripts of the build before. */
async function forgetOtherBuilds(ctx: Ctx): Promise<void> {
  const state = openState(ctx);
  if ((await state.getItem(RENDERED_BY)) === BUILD_ID) return;
  await dropEntries(ctx);
  await state.setItem(RENDERED_BY, BUILD_ID);
}

const RENDERED_BY = "activation:build";
