import { expect, test } from "bun:test";
import { SwError } from "#core/errors.ts";
import { Operations } from "#daemon/ops/operation.ts";

const input = (flightKey?: string, more: { detached?: boolean } = {}) => {
  const base = { method: "runtime.build", title: "runtime.build", ...more };
  return flightKey === undefined ? base : { ...base, flightKey };
};

/** Work that ends when it is told to, or with its signal. */
function work() {
  const gate = Promise.withResolvers<unknown>();
  const run = async (_report: unknown, signal: AbortSignal): Promise<unknown> => {
    const giveUp = () => gate.reject(new SwError("CANCELLED", "given up"));
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp);
    return await gate.promise;
  };
  return { run, done: gate.resolve, fail: gate.reject };
}

test("equal work is joined while it runs, and begun anew when it has ended", async () => {
  const operations = new Operations();
  const first = work();
  const one = operations.start(input("k"), first.run);
  expect(operations.start(input("k"), work().run)).toBe(one);
  expect(operations.start(input("other"), work().run)).not.toBe(one);
  const [a, b] = [operations.start(input(), work().run), operations.start(input(), work().run)];
  expect(a.id).not.toBe(b.id);
  first.done("result");
  expect(await one.flight.result).toBe("result");
  expect(operations.start(input("k"), work().run)).not.toBe(one);
  expect(operations.get(one.id)?.endedAt).toBeGreaterThanOrEqual(one.startedAt);
  operations.leave();
  await operations.idle();
});

test("work that failed or is being cancelled is not joined", async () => {
  const operations = new Operations();
  const failing = work();
  const failed = operations.start(input("k"), failing.run);
  failing.fail(new SwError("USAGE", "no"));
  await expect(failed.flight.result).rejects.toMatchObject({ code: "USAGE" });
  const cancelled = operations.start(input("k"), work().run);
  expect(cancelled).not.toBe(failed);
  cancelled.flight.cancel();
  const next = work();
  const after = operations.start(input("k"), next.run);
  expect(after).not.toBe(cancelled);
  await cancelled.flight.result.catch(() => undefined);
  // The end of the cancelled one must not make its follower forgotten.
  expect(operations.start(input("k"), work().run)).toBe(after);
  next.done(1);
  await operations.idle();
});

test("work that nobody waits for goes on when it is detached, and ends with its last listener when it is not", async () => {
  const operations = new Operations();
  const [held, free] = [
    operations.start(input("a"), work().run),
    operations.start(input("b", { detached: true }), work().run),
  ];
  for (const { flight } of [held, free]) flight.hold()();
  expect([held.flight.signal.aborted, free.flight.signal.aborted]).toEqual([true, false]);
  expect(await held.flight.result.catch((e: unknown) => e)).toMatchObject({ code: "CANCELLED" });
  expect(operations.running).toEqual([free]);
  operations.leave();
  await operations.idle();
});

test("those who attach late find the last fifty; what runs is never forgotten", async () => {
  const operations = new Operations();
  const running = work();
  const old = operations.start(input(), running.run);
  const ids: string[] = [];
  for (let i = 0; i < 60; i++) {
    const one = operations.start(input(), async () => i);
    ids.push(one.id);
    await one.flight.result;
  }
  expect(operations.all.map(({ id }) => id)).toEqual([old.id, ...ids.slice(10)]);
  expect(operations.running).toEqual([old]);
  expect(operations.get(ids[0] ?? "")).toBeUndefined();
  running.done(0);
  await operations.idle();
});

test("idle is when nothing runs any more, also of what was begun meanwhile", async () => {
  const operations = new Operations();
  const [first, second] = [work(), work()];
  const order: string[] = [];
  const one = operations.start(input(), first.run);
  const idle = operations.idle().then(() => order.push("idle"));
  void one.flight.result.then(() =>
    operations.start(input(), second.run).flight.result.then(() => order.push("second")),
  );
  first.done(1);
  await one.flight.result;
  await Bun.sleep(0);
  expect(order).toEqual([]);
  second.done(2);
  await idle;
  expect(order).toEqual(["second", "idle"]);
});
