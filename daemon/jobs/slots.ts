/**
 * How many jobs of one kind work at a time; the others wait in the order in which they came.
 * Tests: test/unit/daemon/jobs/slots.test.ts
 */
import { SwError } from "#core/errors.ts";

interface Waiting {
  limit: number;
  start: () => void;
}

export class Slots {
  readonly #used = new Map<string, number>();
  readonly #queues = new Map<string, Waiting[]>();

  /**
   * Resolves when a place of `kind` is free, with the function that gives it up.
   * @throws SwError CANCELLED when `signal` fires while waiting
   */
  async take(kind: string, limit: number, signal: AbortSignal): Promise<() => void> {
    if (this.used(kind) >= limit || this.#queue(kind).length > 0) await this.#wait(kind, limit, signal);
    else this.#used.set(kind, this.used(kind) + 1);
    let held = true;
    return () => {
      if (held) this.#give(kind);
      held = false;
    };
  }

  used(kind: string): number {
    return this.#used.get(kind) ?? 0;
  }

  #queue(kind: string): Waiting[] {
    const queue = this.#queues.get(kind) ?? [];
    this.#queues.set(kind, queue);
    return queue;
  }

  async #wait(kind: string, limit: number, signal: AbortSignal): Promise<void> {
    const queue = this.#queue(kind);
    await new Promise<void>((done, fail) => {
      const waiting: Waiting = { limit, start: () => leave(done) };
      const abort = () => {
        queue.splice(queue.indexOf(waiting), 1);
        leave(() => fail(new SwError("CANCELLED", "cancelled")));
      };
      const leave = (end: () => void) => {
        signal.removeEventListener("abort", abort);
        end();
      };
      queue.push(waiting);
      signal.addEventListener("abort", abort, { once: true });
      if (signal.aborted) abort();
    });
  }

  /** The place goes to the next one at once, so that nobody slips in between. */
  #give(kind: string): void {
    const queue = this.#queue(kind);
    const next = queue[0];
    if (next && this.used(kind) <= next.limit) {
      queue.shift();
      next.start();
    } else this.#used.set(kind, this.used(kind) - 1);
  }
}
