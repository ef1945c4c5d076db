import { expect, test } from "bun:test";
import { Flight, type FlightEvent, Flights } from "#core/flight.ts";
import { type Report, silentReport } from "#core/report.ts";

const never = new AbortController().signal;

/** A report that keeps the log lines. */
function keeping(): { lines: string[]; report: Report } {
  const lines: string[] = [];
  return { lines, report: { ...silentReport, log: (text) => lines.push(text) } };
}

const logged = (flight: Flight<unknown>): string[] => {
  const texts: string[] = [];
  flight.listen((event) => event.type === "log" && texts.push(event.text));
  return texts;
};

/** Work that ends when it is told to, and with CANCELLED's like when it is stopped. */
function slow() {
  const { promise: go, resolve: end } = Promise.withResolvers<string>();
  const seen = { started: 0, stopped: 0 };
  const work = async (report: Report, signal: AbortSignal) => {
    seen.started += 1;
    report.log(`run ${seen.started}`);
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        seen.stopped += 1;
        reject(new Error("stopped"));
      });
    });
    return await Promise.race([go, stopped]);
  };
  return { seen, end, work };
}

test("five that want the same get one piece of work, all of its lines and its result", async () => {
  const [flights, { seen, end, work }] = [new Flights(), slow()];
  const callers = Array.from({ length: 5 }, keeping);
  const waits: Promise<string>[] = [];
  for (const { report } of callers) {
    waits.push(flights.join("k", { report, signal: never }, work));
    await Bun.sleep(1);
  }
  const other = flights.join("other", { report: silentReport, signal: never }, async () => "own");
  expect(flights.keys.sort()).toEqual(["k", "other"]);
  end("made");
  expect(await Promise.all(waits)).toEqual(Array(5).fill("made"));
  expect(await other).toBe("own");
  expect(seen).toEqual({ started: 1, stopped: 0 });
  expect(callers.map(({ lines }) => lines)).toEqual(Array(5).fill(["run 1"]));
  expect(flights.keys).toEqual([]);
});

test("a failure reaches all who wait, and the next try is a new one", async () => {
  const flights = new Flights();
  const caller = { report: silentReport, signal: never };
  const fail = async () => Promise.reject(new Error("no"));
  const waits = await Promise.allSettled([flights.join("k", caller, fail), flights.join("k", caller, fail)]);
  expect(waits.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await flights.join("k", caller, async () => "now")).toBe("now");
});

test("one of two that gives up does not stop the other's work, and its lease lasts as long as that", async () => {
  const [flights, { seen, end, work }] = [new Flights(), slow()];
  const impatient = new AbortController();
  const state = { left: false };
  const first = flights.join("k", { report: silentReport, signal: impatient.signal }, work);
  void first.then(() => (state.left = true));
  const second = flights.join("k", { report: silentReport, signal: never }, work);
  await Bun.sleep(1);
  impatient.abort();
  await Bun.sleep(1);
  expect([seen, state.left]).toEqual([{ started: 1, stopped: 0 }, false]);
  end("made");
  expect(await second).toBe("made");
});

test("who joined what others go on with leaves at once, and stops nothing", async () => {
  const [flights, { seen, end, work }] = [new Flights(), slow()];
  const impatient = new AbortController();
  const first = flights.join("k", { report: silentReport, signal: never }, work);
  const second = flights.join("k", { report: silentReport, signal: impatient.signal }, work);
  await Bun.sleep(1);
  impatient.abort();
  await expect(second).rejects.toMatchObject({ code: "CANCELLED" });
  expect(seen).toEqual({ started: 1, stopped: 0 });
  end("made");
  expect(await first).toBe("made");
});

test("the last one that gives up stops the work and waits for its end; who comes then starts anew", async () => {
  const [flights, { seen, end, work }] = [new Flights(), slow()];
  const both = [new AbortController(), new AbortController()];
  const waits = both.map(({ signal }) => flights.join("k", { report: silentReport, signal }, work));
  const ends = Promise.allSettled(waits);
  await Bun.sleep(1);
  for (const one of both) one.abort();
  const next = flights.join("k", { report: silentReport, signal: never }, work);
  expect((await ends).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(seen).toEqual({ started: 2, stopped: 1 });
  end("made");
  expect(await next).toBe("made");
  expect(flights.keys).toEqual([]);
});

test("who comes late gets the lines from the start, once each, also after the end", async () => {
  const { promise: go, resolve: end } = Promise.withResolvers<void>();
  const flight = new Flight(async (report) => {
    report.log("one");
    report.progress({ step: "s", text: "two" });
    await go;
    report.warn("three");
    return 3;
  });
  const early: FlightEvent[] = [];
  flight.listen((event) => early.push(event));
  await Bun.sleep(1);
  const late: FlightEvent[] = [];
  const stop = flight.listen((event) => late.push(event));
  const gone: FlightEvent[] = [];
  flight.listen((event) => gone.push(event))();
  end();
  await flight.result;
  stop();
  expect(early.map(({ type }) => type)).toEqual(["log", "progress", "warn"]);
  expect(late).toEqual(early);
  expect(gone.map(({ type }) => type)).toEqual(["log", "progress"]);
  const after: FlightEvent[] = [];
  flight.listen((event) => after.push(event));
  expect(after).toEqual(early);
});

test("runaway work does not fill the memory: its oldest lines are forgotten, its newest are not", async () => {
  const flight = new Flight(async (report) => {
    for (let i = 1; i <= 20_000; i++) report.log(String(i));
  });
  await flight.result;
  const kept = logged(flight);
  expect(kept.length).toBeLessThanOrEqual(5000);
  expect(kept.length).toBeGreaterThanOrEqual(2500);
  expect(kept.at(-1)).toBe("20000");
});

test("a hold given back twice counts once", async () => {
  const { end, work } = slow();
  const flight = new Flight(work);
  const [one, two] = [flight.hold(), flight.hold()];
  one();
  one();
  expect(flight.signal.aborted).toBe(false);
  end("made");
  expect(await flight.result).toBe("made");
  two();
  expect(flight.signal.aborted).toBe(false);
});

test("a flight that is ended is stopped for all, and ending waits until its work has stopped", async () => {
  const flights = new Flights();
  const { promise: go, resolve: stop } = Promise.withResolvers<void>();
  const seen: string[] = [];
  const work = async (_: Report, signal: AbortSignal): Promise<void> => {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    seen.push("told");
    await go;
    seen.push("stopped");
    throw new Error("stopped");
  };
  const waits = [0, 1].map(() => flights.join("a", { report: silentReport, signal: never }, work));
  await Bun.sleep(0);
  const ended = flights.end("a").then(() => seen.push("ended"));
  await Bun.sleep(5);
  expect(seen).toEqual(["told"]);
  stop();
  await ended;
  expect(seen).toEqual(["told", "stopped", "ended"]);
  expect((await Promise.allSettled(waits)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await flights.end("a");
});
