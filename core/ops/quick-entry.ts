/**
 * Notes, behind an answer's back, what the next plain `run` of a URI needs so that it asks nobody
 * (core/env/activation/quick-look.ts). Tests: test/e2e/run-quick.test.ts
 */
import type { Ctx } from "#core/context.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import { fitsHook } from "#core/env/activation/plan-words.ts";
import { canLook, quickPlan } from "#core/env/activation/quick-look.ts";
import { draftEntry, writeEntry } from "#core/env/hook-entries.ts";
import { readyEnv } from "#core/env/pointer.ts";
import { isSealed } from "#core/env/seen.ts";
import { planOf } from "#core/ops/plan-of.ts";
import { localTarget, resolveLocal } from "#core/ops/target.ts";
import { configPath } from "#core/platform/paths.ts";

// For what no entry can be made of: a URI with odd characters, an environment that somebody changes.
const TRY_EVERY_MS = 5000;

/** Only where the binary looks at entries, and there is none that holds. */
export function noteEntry(ctx: Ctx, uri: string, plan: ActivationPlan): void {
  if (!canLook || !ctx.longLived || !fitsHook(plan) || !isSealed(plan.prefix)) return;
  const tried = ctx.memo.get<number>(`entry:${uri}`) ?? 0;
  if (ctx.clock.now() - tried < TRY_EVERY_MS) return;
  if (quickPlan({ uri, root: ctx.paths.root, config: configPath(ctx.env) })) return;
  ctx.memo.set(`entry:${uri}`, ctx.clock.now());
  ctx.background(`entry:${uri}`, `note where ${uri} is`, async (own) => await writeEntryOf(own, uri));
}

/** The target is taken anew: what is compared with must be older than what it leads to. */
async function writeEntryOf(ctx: Ctx, uri: string): Promise<void> {
  const draft = await draftEntry(ctx, uri, await localTarget(ctx, uri));
  const resolved = await resolveLocal(ctx, uri);
  const marker = await readyEnv(ctx, resolved.version.id);
  if (draft && marker) await writeEntry(ctx, draft, await planOf(ctx, resolved, marker));
}
