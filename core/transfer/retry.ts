/**
 * When something is tried again, and after how long: connection errors and answers that say "later", with growing waits
 * and the server's own Retry-After. Knows no protocol. Tests: test/unit/core/transfer/retry.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";

/** Thrown by an attempt that another one may mend. */
export class TryAgain extends Error {
  constructor(
    /** What the caller gets when no attempt is left. */
    readonly error: SwError,
    readonly options: { afterMs?: number; hopeless?: boolean } = {},
  ) {
    super(error.message);
  }
}

/** Answers after which the same request may succeed. 500 is the server's word for most mistakes, so it is none. */
export const isTransient = (status: number): boolean => [408, 425, 429, 502, 503, 504].includes(status);

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 20_000;
const LONGEST_ASKED_MS = 5 * 60_000;
const ATTEMPTS = 10;
// Where nobody listens, a person waits for nothing.
const HOPELESS_ATTEMPTS = 3;

/**
 * Runs `attempt` until it gives something or throws anything but TryAgain.
 * @param what for the line that people see while they wait
 */
export async function withRetries<T>(ctx: Ctx, what: string, attempt: (nth: number) => Promise<T>): Promise<T> {
  const most = attemptsOf(ctx);
  for (let nth = 1; ; nth++) {
    try {
      return await attempt(nth);
    } catch (e) {
      if (!(e instanceof TryAgain)) throw e;
      const left = Math.min(most, e.options.hopeless ? HOPELESS_ATTEMPTS : most) - nth;
      if (left <= 0) throw e.error;
      const wait = e.options.afterMs ?? waitBefore(nth);
      if (wait > LONGEST_ASKED_MS) throw e.error;
      ctx.report.progress({ step: "retry", text: `${what}: ${e.error.message}; trying again (${nth})` });
      await pause(ctx, wait);
    }
  }
}

/** As the Python client reads it: 0 or nothing means for ever. */
function attemptsOf({ env }: Ctx): number {
  const text = env.SW_CLIENT_RETRY_ATTEMPTS;
  if (text === undefined) return ATTEMPTS;
  return Number(text) || Number.POSITIVE_INFINITY;
}

/** Doubling, with up to a quarter off so that many clients don't come back at once. */
const waitBefore = (nth: number): number =>
  Math.min(FIRST_WAIT_MS * 2 ** (nth - 1), LONGEST_WAIT_MS) * (1 - Math.random() / 4);

/** Seconds or a date; undefined for anything else. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** @throws SwError CANCELLED */
export async function pause({ signal }: Ctx, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
  if (signal.aborted) throw new SwError("CANCELLED", "cancelled");
}
