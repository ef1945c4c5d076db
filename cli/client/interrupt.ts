/**
 * Ctrl-C while the daemon works for this command. The connection is cut, which ends what nobody else waits for; a job is
 * asked to end first, and the command stays until nothing of it runs any more. The second Ctrl-C leaves at once (cancel.ts).
 * Tests: test/e2e/jobs.test.ts
 */
import { SwError } from "#core/errors.ts";
import type { Report } from "#core/report.ts";

export interface InterruptOptions {
  readonly report: Report;
  readonly signal?: AbortSignal | undefined;
}

// Engines have two seconds to end by themselves; what takes longer is stuck.
const WAIT_MS = 15_000;

/** A job that was asked to end. */
interface AskedJob {
  readonly id: string;
  /** @returns false when others wait for it, so that it goes on */
  askToEnd(): Promise<boolean>;
}

export class Interrupt {
  readonly #connection = new AbortController();
  readonly #options: InterruptOptions;
  #job: AskedJob | undefined;
  #error = new SwError("CANCELLED", "cancelled");

  constructor(options: InterruptOptions) {
    this.#options = options;
    if (this.happened) this.#connection.abort();
    options.signal?.addEventListener("abort", this.#interrupt);
  }

  /** Of the connection. */
  get signal(): AbortSignal {
    return this.#connection.signal;
  }

  get happened(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  /** Why the connection was cut. */
  get error(): SwError {
    return this.#error;
  }

  /** From now on there is something to end and to wait for. */
  becomesJob(job: AskedJob): void {
    this.#job = job;
  }

  /** The call is over: a later Ctrl-C is not its affair. */
  over(): void {
    this.#options.signal?.removeEventListener("abort", this.#interrupt);
  }

  readonly #interrupt = (): void => {
    if (this.#job) void this.#end(this.#job);
    else this.#connection.abort();
  };

  async #end(job: AskedJob): Promise<void> {
    this.#options.report.progress({ step: "cancel", text: "Cancelling; Ctrl-C once more leaves at once" });
    setTimeout(() => this.#leave(job, "it is cancelled and has not ended yet"), WAIT_MS).unref();
    try {
      if (!(await job.askToEnd())) this.#leave(job, "others wait for it too, so it goes on");
    } catch {
      // Nobody is there who could end it, or say that it has ended.
      this.#connection.abort();
    }
  }

  #leave({ id }: AskedJob, why: string): void {
    this.#error = new SwError("CANCELLED", `left job ${id}: ${why}`, {
      hint: `End it with \`swcli job cancel ${id}\`.`,
    });
    this.#connection.abort();
  }
}
