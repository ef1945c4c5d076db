import { afterEach, expect, spyOn, test } from "bun:test";
import { SwError } from "#core/errors.ts";
import { BEAT_SECONDS, NDJSON } from "#core/protocol/wire.ts";
import type { Report } from "#core/report.ts";
import { type Operation, Operations } from "#daemon/ops/operation.ts";
import { streamOperation } from "#daemon/ops/stream.ts";

/** An operation whose work says and ends what the test wants. */
async function begun() {
  const gate = Promise.withResolvers<unknown>();
  const given = Promise.withResolvers<Report>();
  const operation = new Operations().start({ method: "runtime.build", title: "t" }, async (report, signal) => {
    signal.addEventListener("abort", () => gate.reject(new SwError("CANCELLED", "given up")));
    given.resolve(report);
    return await gate.promise;
  });
  return { operation, report: await given.promise, done: gate.resolve, fail: gate.reject };
}

const events = async (answer: Response) =>
  (await answer.text())
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
const reader = (operation: Operation, hold: boolean) => streamOperation(operation, hold).body?.getReader();
type Reader = ReturnType<typeof reader>;
const next = async (one: Reader) => JSON.parse(new TextDecoder().decode((await one?.read())?.value));

const timers = spyOn(globalThis, "setInterval");
afterEach(() => timers.mockClear());

test("an operation is a line for each event, from the first one on, and one for its end", async () => {
  const { operation, report, done } = await begun();
  report.log("before");
  const early = streamOperation(operation, true);
  report.progress({ step: "s", text: "two\nlines" });
  const late = streamOperation(operation, false);
  report.warn("after");
  done({ x: 1 });
  const all = [
    { type: "accepted", op: operation.id },
    { type: "log", text: "before" },
    { type: "progress", event: { step: "s", text: "two\nlines" } },
    { type: "warn", text: "after" },
    { type: "done", result: { x: 1 } },
  ];
  expect(await events(early)).toEqual(all);
  expect(await events(late)).toEqual(all);
  expect(await events(streamOperation(operation, false))).toEqual(all);
  expect(early.headers.get("content-type")).toBe(NDJSON);
});

test("who follows work that becomes a job is told its id from then on", async () => {
  const job = Promise.withResolvers<string>();
  const gate = Promise.withResolvers<unknown>();
  const work = { method: "runtime.build", title: "t", job: job.promise };
  const operation = new Operations().start(work, async () => await gate.promise);
  const early = streamOperation(operation, true);
  job.resolve("0123456789ab");
  await job.promise;
  const late = streamOperation(operation, true);
  await Bun.sleep(0);
  gate.resolve(1);
  for (const stream of [early, late]) expect(await events(stream)).toContainEqual({ type: "job", id: "0123456789ab" });
});

test("a failure is the last line, as an error with its code and hint; what is no error of ours too", async () => {
  const one = await begun();
  one.fail(new SwError("TAG_TAKEN", "taken", { hint: "move it" }));
  expect((await events(streamOperation(one.operation, true))).at(-1)).toMatchObject({
    type: "failed",
    error: { code: "TAG_TAKEN", message: "taken", hint: "move it" },
  });
  const other = await begun();
  other.fail(new TypeError("x is undefined"));
  expect((await events(streamOperation(other.operation, true))).at(-1)).toMatchObject({
    type: "failed",
    error: { code: "INTERNAL" },
  });
});

test("work ends when the last who waits for it has gone, whoever else is looking", async () => {
  const { operation, report } = await begun();
  const [first, second, watcher] = [reader(operation, true), reader(operation, true), reader(operation, false)];
  await first?.cancel();
  expect(operation.flight.signal.aborted).toBe(false);
  await second?.cancel();
  expect(operation.flight.signal.aborted).toBe(true);
  report.log("too late for those who have gone");
  expect(await next(watcher)).toMatchObject({ type: "accepted" });
  expect([await next(watcher), await next(watcher)]).toEqual([
    { type: "log", text: "too late for those who have gone" },
    { type: "failed", error: expect.objectContaining({ code: "CANCELLED" }) },
  ]);
});

test("a mere watcher that goes ends nothing", async () => {
  const { operation, done } = await begun();
  const watcher = reader(operation, false);
  await watcher?.cancel();
  expect(operation.flight.signal.aborted).toBe(false);
  done(1);
  expect(await operation.flight.result).toBe(1);
});

test("silence is broken by a beat, until the end", async () => {
  const { operation, done } = await begun();
  const one = reader(operation, true);
  await next(one);
  const [beat, pause] = timers.mock.calls.at(-1) ?? [];
  expect(pause).toBe(BEAT_SECONDS * 1000);
  if (typeof beat !== "function") throw new Error("no timer was set");
  beat();
  expect(await next(one)).toEqual({ type: "beat" });
  const cleared = spyOn(globalThis, "clearInterval");
  done(1);
  expect(await next(one)).toEqual({ type: "done", result: 1 });
  expect(cleared).toHaveBeenCalledWith(timers.mock.results.at(-1)?.value);
  cleared.mockRestore();
  beat();
  expect(await one?.read()).toMatchObject({ done: true });
});
