/**
 * Patience with a registry that is busy or breaks off: growing pauses or those that it asks for, and an end to the tries.
 * Used by single requests and by transfers of many. Tests: test/unit/core/oci/patience.test.ts, test/e2e/dockerize-hostile.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { failureText } from "#core/platform/network.ts";
import { pause, retryAfterMs } from "#core/transfer/retry.ts";

const TRIES = 6;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;

/** What came of a try; undefined when the connection broke on the way. */
export type Outcome = Response | Error | undefined;

export class Patience {
  #failed = 0;
  #furthest = 0;

  constructor(readonly who: { readonly ctx: Ctx; readonly host: string }) {}

  /** Waits before the next try. @returns false, at once, when this was the last of `tries`. @throws SwError CANCELLED */
  async again(outcome: Outcome, tries = TRIES): Promise<boolean> {
    this.#failed += 1;
    if (this.#failed >= tries) return false;
    const { ctx, host } = this.who;
    if (outcome instanceof Response) await outcome.body?.cancel();
    const grown = FIRST_PAUSE_MS * 2 ** (this.#failed - 1);
    const asked = outcome instanceof Response ? retryAfterMs(outcome.headers.get("retry-after"), ctx.clock.now()) : 0;
    const ms = Math.min(Math.max(asked ?? 0, grown), MAX_PAUSE_MS);
    ctx.report.log(`${host} ${wordsOf(outcome)}; trying again in ${(ms / 1000).toFixed(1)} s`);
    await pause(ctx, ms);
    return true;
  }

  /** A transfer got to this byte: the tries begin anew where it had never been that far. */
  reached(at: number): void {
    if (at <= this.#furthest) return;
    this.#furthest = at;
    this.#failed = 0;
  }
}

const wordsOf = (outcome: Outcome) => {
  if (outcome instanceof Response) return `answered ${outcome.status}`;
  return outcome === undefined ? "broke off" : `did not answer (${failureText(outcome)})`;
};
