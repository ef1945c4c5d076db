/**
 * The sweeps of a daemon: of what another build rendered, of what is left lying around once it serves (that helps nobody who
 * waits for an answer), and later for replaced environments
 * whose last user has left. Tests: test/e2e/start-sweep.test.ts, test/e2e/fresh.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { forgetOtherBuilds } from "#core/env/entries-folder.ts";
import { SwError } from "#core/errors.ts";
import { contextFor, type Host } from "#daemon/host.ts";
import { log } from "#daemon/life/log.ts";

// The call that started the daemon comes first.
const DELAY_MS = 1000;

/** Before it serves: who asks then gets an entry that stays. */
export const sweepFirst = async (host: Host): Promise<void> => await sweep(host, forgetOtherBuilds);

export function sweepSoon(host: Host): void {
  setTimeout(() => void sweep(host, startSweep), DELAY_MS).unref();
}

const startSweep = async (ctx: Ctx) => await (await import("#core/ops/sweep-start.ts")).sweepStart(ctx);

/** Called now and then. */
export const sweepNow = async (host: Host): Promise<void> =>
  await sweep(host, async (ctx) => await (await import("#core/env/replaced.ts")).sweepReplaced(ctx));

/** A failure is logged: a sweep is tidiness, not safety. */
async function sweep(host: Host, work: (ctx: Ctx) => Promise<void>): Promise<void> {
  const report = { progress() {}, log, warn: log };
  const ctx = contextFor(host, { cwd: "/", env: {} }, { signal: new AbortController().signal, report });
  try {
    await work(ctx);
  } catch (e) {
    log(`sweep: ${SwError.from(e).message}`);
  }
}
