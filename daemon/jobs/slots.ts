/**
 * How many jobs of one kind work at a time; the others wait in the order in which they came. A place is also a lock file,
 * so that a daemon which finishes its work while the next one listens counts too. Tests: test/unit/daemon/jobs/slots.test.ts
 */
import { SwError, throwIfAborted } from "#core/errors.ts";
import { type FileLock, tryFileLock } from "#core/platform/file-lock.ts";

export interface Wanted {
  readonly kind: string;
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Called once when there is no place at once. */
  readonly waits: () => void;
}

interface Waiting {
  limit: number;
  start: () => void;
}

// Only while another daemon holds all places.
const LOOK_MS = 200;

export class Slots {
  readonly #locks: () => string;
  readonly #used = new Map<string, number>();
  readonly #queues = new Map<string, Waiting[]>();

  /** @param locks the beginning of the lock files' paths */
  constructor(locks: () => string) {
    this.#locks = locks;
  }

  /**
   * Resolves when there is a place, with the function that gives it up.
   * @throws SwError CANCELLED when `signal` fires while waiting
   */
  async take(wanted: Wanted): Promise<() => void> {
    const { kind, limit } = wanted;
    let said = false;
    const waits = () => {
      if (!said) wanted.waits();
      said = true;
    };
    if (this.used(kind) >= limit || this.#queue(kind).length > 0) {
      waits();
      await this.#wait(wanted);
    } else this.#used.set(kind, this.used(kind) + 1);
    const lock = await this.#lock({ ...wanted, waits });
    let held = true;
    return () => {
      if (held) this.#give(kind, lock);
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

  async #wait({ kind, limit, signal }: Wanted): Promise<void> {
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

  async #lock({ kind, limit, signal, waits }: Wanted): Promise<FileLock> {
    try {
      for (;;) {
        for (let n = 1; n <= limit; n++) {
          const lock = tryFileLock(`${this.#locks()}.slot-${kind}-${n}.lock`);
          if (lock) return lock;
        }
        throwIfAborted(signal);
        waits();
        await Bun.sleep(LOOK_MS);
      }
    } catch (e) {
      this.#give(kind);
      throw e;
    }
  }

  /** The place goes to the next one at once, so that nobody slips in between. */
  #give(kind: string, lock?: FileLock): void {
    lock?.release();
    const queue = this.#queue(kind);
    const next = queue[0];
    if (next && this.used(kind) <= next.limit) {
      queue.shift();
      next.start();
    } else this.#used.set(kind, this.used(kind) - 1);
  }
}
