/**
 * Work that many may wait for and that is done once: joiners get every event from the start, the work stops when the
 * last one that holds it has gone. Lives in memory; between processes the work itself takes a lock.
 * Tests: test/unit/core/flight.test.ts
 */
import { SwError } from "#core/errors.ts";
import type { ProgressEvent, Report } from "#core/report.ts";

export type FlightEvent =
  | { type: "progress"; event: ProgressEvent }
  | { type: "log"; text: string }
  | { type: "warn"; text: string };

type Listener = (event: FlightEvent) => void;

// Old log lines are forgotten first: a build's log is a few hundred lines, a runaway one must not fill the memory.
const KEPT_EVENTS = 5000;

export class Flight<T> {
  readonly #listeners = new Set<Listener>();
  readonly #controller = new AbortController();
  #events: FlightEvent[] = [];
  #holders = 0;
  readonly result: Promise<T>;
  settled = false;

  constructor(work: (report: Report, signal: AbortSignal) => Promise<T>) {
    // The work starts after the creator has joined, so that it misses nothing.
    this.result = Promise.resolve().then(() => work(this.#report(), this.#controller.signal));
    this.result.then(this.#settle, this.#settle);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly #settle = (): void => {
    this.settled = true;
    this.#listeners.clear();
  };

  #report(): Report {
    return {
      progress: (event) => this.#emit({ type: "progress", event }),
      log: (text) => this.#emit({ type: "log", text }),
      warn: (text) => this.#emit({ type: "warn", text }),
    };
  }

  #emit(event: FlightEvent): void {
    this.#events.push(event);
    if (this.#events.length > KEPT_EVENTS) this.#events = this.#events.slice(KEPT_EVENTS / 2);
    for (const listener of this.#listeners) listener(event);
  }

  /** Replays what has happened, then follows. */
  listen(listener: Listener): () => void {
    for (const event of this.#events) listener(event);
    if (!this.settled) this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get holders(): number {
    return this.#holders;
  }

  /** Keeps the work alive until released; the last release of unfinished work cancels it. */
  hold(): () => void {
    this.#holders += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders -= 1;
      if (this.#holders === 0 && !this.settled) this.#controller.abort();
    };
  }

  cancel(): void {
    this.#controller.abort();
  }
}

/** Forwards a flight's events to a report. */
export const forwardTo =
  (report: Report): Listener =>
  (event) => {
    if (event.type === "progress") report.progress(event.event);
    else if (event.type === "log") report.log(event.text);
    else report.warn(event.text);
  };

/** Flights under way, by key. */
export class Flights {
  readonly #flights = new Map<string, Flight<unknown>>();

  /**
   * Joins the flight of that key or starts it; `signal` only ends this caller's interest. The starter waits for the end all
   * the same, since its lease protects what the work has put into the store, and so does whoever gives up last.
   * @throws what the work throws; CANCELLED when the work was cancelled, or goes on for others.
   */
  async join<T>(
    key: string,
    caller: { report: Report; signal: AbortSignal },
    work: (report: Report, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const running = this.#running<T>(key);
    const flight = running ?? this.#start(key, work);
    const release = flight.hold();
    const unlisten = flight.listen(forwardTo(caller.report));
    const left = Promise.withResolvers<never>();
    const giveUp = () => {
      release();
      if (running && !flight.signal.aborted) left.reject(new SwError("CANCELLED", "cancelled"));
    };
    caller.signal.addEventListener("abort", giveUp, { once: true });
    if (caller.signal.aborted) giveUp();
    try {
      return await Promise.race([flight.result, left.promise]);
    } finally {
      caller.signal.removeEventListener("abort", giveUp);
      unlisten();
      release();
    }
  }

  /** Cancels the flight of that key, and waits until its work has stopped. None is fine. */
  async end(key: string): Promise<void> {
    const flight = this.#flights.get(key);
    flight?.cancel();
    await Promise.allSettled([flight?.result]);
  }

  /** A flight being cancelled is no flight to join. */
  #running<T>(key: string): Flight<T> | undefined {
    const flight = this.#flights.get(key);
    if (flight === undefined || flight.signal.aborted) return undefined;
    return flight as Flight<T>;
  }

  #start<T>(key: string, work: (report: Report, signal: AbortSignal) => Promise<T>): Flight<T> {
    const flight = new Flight<T>(work);
    this.#flights.set(key, flight);
    const forget = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    flight.result.then(forget, forget);
    return flight;
  }

  get keys(): string[] {
    return [...this.#flights.keys()];
  }
}
