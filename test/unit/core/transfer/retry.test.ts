import { expect, test } from "bun:test";
import { SwError } from "#core/errors.ts";
import { isTransient, retryAfterMs, TryAgain, withRetries } from "#core/transfer/retry.ts";
import { someCtx } from "./context.ts";

const away = () => new SwError("TRANSFER_FAILED", "nobody answers");

/** An attempt that fails so often before it gives its number. */
function failing(times: number, options: { afterMs?: number; hopeless?: boolean } = { afterMs: 0 }) {
  const state = { tries: 0 };
  const attempt = async (nth: number) => {
    state.tries++;
    if (nth <= times) throw new TryAgain(away(), options);
    return nth;
  };
  return { state, attempt };
}

test("what fails twice and then works gives its result and says that it waits", async () => {
  const ctx = someCtx();
  const { state, attempt } = failing(2);
  expect(await withRetries(ctx, "pre-k8s", attempt)).toBe(3);
  expect(state.tries).toBe(3);
  expect(ctx.heard.progress.map(({ text }) => text)).toEqual([
    "pre-k8s: nobody answers; trying again (1)",
    "pre-k8s: nobody answers; trying again (2)",
  ]);
});

test("the number of attempts is the client's to choose, and where nobody listens it is small", async () => {
  const two = failing(99);
  const ctx = someCtx({ env: { SW_CLIENT_RETRY_ATTEMPTS: "2" } });
  await expect(withRetries(ctx, "x", two.attempt)).rejects.toThrow("nobody answers");
  expect(two.state.tries).toBe(2);
  const hopeless = failing(99, { afterMs: 0, hopeless: true });
  await expect(withRetries(someCtx(), "x", hopeless.attempt)).rejects.toThrow("nobody answers");
  expect(hopeless.state.tries).toBe(3);
  const usual = failing(99);
  await expect(withRetries(someCtx(), "x", usual.attempt)).rejects.toThrow("nobody answers");
  expect(usual.state.tries).toBe(10);
});

test("other errors are not tried again", async () => {
  let tries = 0;
  const attempt = async () => {
    tries++;
    throw away();
  };
  await expect(withRetries(someCtx(), "x", attempt)).rejects.toThrow("nobody answers");
  expect(tries).toBe(1);
});

test("a wait ends at once when the operation is cancelled, and an endless one is not begun", async () => {
  const controller = new AbortController();
  const ctx = someCtx({ signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  const cancelled = withRetries(ctx, "x", failing(9, { afterMs: 60_000 }).attempt);
  await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
  const asked = withRetries(someCtx(), "x", failing(9, { afterMs: 3_600_000 }).attempt);
  await expect(asked).rejects.toMatchObject({ code: "TRANSFER_FAILED" });
});

test("Retry-After is seconds or a date", () => {
  const now = Date.parse("2026-11-22T10:00:00Z");
  expect(retryAfterMs("3", now)).toBe(3000);
  expect(retryAfterMs("Sun, 22 Nov 2026 10:00:05 GMT", now)).toBe(5000);
  expect(retryAfterMs("Sun, 22 Nov 2026 09:00:00 GMT", now)).toBe(0);
  expect([retryAfterMs(null, now), retryAfterMs("soon", now)]).toEqual([undefined, undefined]);
});

test("500 is final, since the server says it of every mistake", () => {
  expect([500, 400, 404, 409, 501].filter(isTransient)).toEqual([]);
  expect([408, 429, 502, 503, 504].filter(isTransient)).toHaveLength(5);
});
