/**
 * Operations: long calls that stream events, can be attached to with replay, and stop when the last foreground listener
 * has gone (see stream.ts). One flight each; equal ones share it (single-flight). Tests: test/unit/daemon/ops/operation.test.ts
 */
import { randomBytes } from "node:crypto";
import { SwError } from "#core/errors.ts";
import { Flight } from "#core/flight.ts";
import type { Report } from "#core/report.ts";
import { log } from "#daemon/life/log.ts";

export interface Operation {
  id: string;
  method: string;
  title: string;
  /** Unix ms. */
  startedAt: number;
  endedAt?: number;
  /** The id of the job that it is, once it is one. */
  job?: Promise<string> | undefined;
  flight: Flight<unknown>;
}

// Ended operations stay for those who attach late (`daemon logs --op`).
const KEPT_ENDED = 50;

export class Operations {
  readonly #operations = new Map<string, Operation>();
  readonly #byFlightKey = new Map<string, Operation>();
  #leaving = false;

  /** Starts work, or joins the equal one that is under way. Unless `detached`, somebody must hold it (see `stream`). */
  start(
    input: { method: string; title: string; flightKey?: string; detached?: boolean; job?: Promise<string> },
    work: (report: Report, signal: AbortSignal) => Promise<unknown>,
  ): Operation {
    const running = input.flightKey === undefined ? undefined : this.#byFlightKey.get(input.flightKey);
    if (running && !running.flight.signal.aborted && !running.flight.settled) return running;
    const operation = this.#create(input, work);
    if (input.flightKey !== undefined) this.#keep(input.flightKey, operation);
    if (input.detached) operation.flight.hold();
    return operation;
  }

  #create(
    input: { method: string; title: string; job?: Promise<string> },
    work: (report: Report, signal: AbortSignal) => Promise<unknown>,
  ): Operation {
    const operation: Operation = {
      id: randomBytes(6).toString("hex"),
      method: input.method,
      title: input.title,
      startedAt: Date.now(),
      job: input.job,
      flight: new Flight((report, signal) => work(report, signal).catch((e: unknown) => this.#failed(e))),
    };
    this.#operations.set(operation.id, operation);
    log(`op ${operation.id} ${operation.title} begins`);
    operation.flight.result.then(
      () => this.#end(operation, "done"),
      (e: unknown) => this.#end(operation, SwError.from(e)),
    );
    return operation;
  }

  /** Nobody cancelled what a daemon that is told to end does not finish. */
  #failed(e: unknown): never {
    if (!this.#leaving || !(e instanceof SwError) || e.code !== "CANCELLED") throw e;
    throw new SwError("CANCELLED", "the daemon was stopped before the work was done", {
      hint: "Nothing half-made is ever used; repeat the command.",
      cause: e,
    });
  }

  #end(operation: Operation, how: "done" | SwError): void {
    operation.endedAt = Date.now();
    const words = how === "done" ? how : `${how.code}: ${how.message.replace(/\s+/g, " ")}`;
    log(`op ${operation.id} ${operation.title} ends after ${operation.endedAt - operation.startedAt} ms: ${words}`);
    this.#forgetOldest();
  }

  #keep(key: string, operation: Operation): void {
    this.#byFlightKey.set(key, operation);
    const forget = () => {
      if (this.#byFlightKey.get(key) === operation) this.#byFlightKey.delete(key);
    };
    operation.flight.result.then(forget, forget);
  }

  #forgetOldest(): void {
    const ended = this.all.filter((op) => op.endedAt !== undefined);
    for (const op of ended.slice(0, Math.max(0, ended.length - KEPT_ENDED))) this.#operations.delete(op.id);
  }

  get(id: string): Operation | undefined {
    return this.#operations.get(id);
  }

  /** Oldest first. */
  get all(): Operation[] {
    return [...this.#operations.values()];
  }

  get running(): Operation[] {
    return this.all.filter((op) => op.endedAt === undefined);
  }

  /** The daemon has been told to end: what runs is ended by it, not by whoever asked for the work. */
  get leaving(): boolean {
    return this.#leaving;
  }

  leave(): void {
    this.#leaving = true;
    for (const op of this.running) op.flight.cancel();
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.running.length > 0) await Promise.allSettled(this.running.map((op) => op.flight.result));
  }
}
