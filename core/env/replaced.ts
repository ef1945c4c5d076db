/**
 * Prefixes that a fresh start has replaced go when their last user has left: looked for after each fresh start and by
 * the daemon every minute, at the cost of one readdir while there are none. Tests: test/e2e/fresh.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { listPrefixes } from "#core/env/envs-list.ts";
import { sweepUnfinished } from "#core/env/gc-envs.ts";

/** Those in use stay for the next time. */
export async function sweepReplaced(ctx: Ctx): Promise<void> {
  if (!(await hasReplaced(ctx))) return;
  for (const { prefix, why } of await sweepUnfinished(ctx)) ctx.report.log(`removed ${prefix}: ${why}`);
}

async function hasReplaced(ctx: Ctx): Promise<boolean> {
  const keys = (await listPrefixes(ctx)).map(({ key }) => key);
  return new Set(keys).size < keys.length;
}
