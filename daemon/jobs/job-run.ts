/**
 * One job that this daemon works on: its record and log on disk, its turn among those of its kind, its end. Work that may be
 * over in a moment is none until it asks for its turn, and leaves no trace then. Knows no other job.
 * Tests: test/e2e/jobs.test.ts, test/unit/daemon/jobs/jobs.test.ts
 */
import { existsSync } from "node:fs";
import type { Decisions } from "#core/context.ts";
import { SwError, throwIfAborted } from "#core/errors.ts";
import type { Paths } from "#core/platform/paths.ts";
import type { Report } from "#core/report.ts";
import { JobLog } from "#daemon/jobs/job-log.ts";
import type { JobKind, SlotLimits } from "#daemon/jobs/kinds.ts";
import { leaveNote } from "#daemon/jobs/notes.ts";
import {
  cancelPath,
  dropCall,
  type JobCall,
  type JobRecord,
  jobDir,
  writeJob,
  writeRecord,
} from "#daemon/jobs/record.ts";
import type { Slots } from "#daemon/jobs/slots.ts";
import { log } from "#daemon/life/log.ts";
import type { Operation, Operations } from "#daemon/ops/operation.ts";

export interface RunParts {
  readonly paths: Paths;
  readonly operations: Operations;
  readonly slots: Slots;
  readonly limits: SlotLimits;
  /** The call itself, in this process. */
  readonly perform: (call: PerformedCall) => Promise<unknown>;
}

/** A call as a job performs it. */
export interface PerformedCall extends JobCall {
  readonly method: string;
  readonly report: Report;
  readonly signal: AbortSignal;
  readonly decided: Decisions;
  readonly takeTurn: () => Promise<void>;
}

export interface Work {
  readonly record: JobRecord;
  readonly kind: JobKind;
  readonly call: JobCall;
}

// Another process asks us to cancel by a file; looked for only while a job runs.
const CANCEL_CHECK_MS = 300;
// Who watched a job that a daemon's death interrupted comes back at once; later nobody wants it any more.
const WATCHER_MS = 10_000;

export class JobRun {
  readonly id: string;
  readonly operation: Operation;
  readonly #parts: RunParts;
  readonly #work: Work;
  readonly #isJob = Promise.withResolvers<string>();
  #record: JobRecord;
  #jobLog: JobLog | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #kept: Promise<void> | undefined;
  #turn: Promise<() => void> | undefined;
  #isOver = false;

  /** Begins the work; `isKept`: its record is on disk already. */
  constructor(parts: RunParts, work: Work, isKept: boolean) {
    this.id = work.record.id;
    this.#parts = parts;
    this.#work = work;
    this.#record = work.record;
    if (isKept) this.#kept = this.#begin();
    const { method, title, watched } = work.record;
    const job = this.#isJob.promise;
    this.operation = parts.operations.start({ method, title, detached: !watched, job }, (report, signal) =>
      this.#run(report, signal),
    );
  }

  /** It lives without anybody who watches it. @returns false when it was over before it became a job */
  async detach(): Promise<boolean> {
    this.operation.flight.hold();
    const isNew = !this.#kept;
    this.#record = { ...this.#record, watched: false };
    const isJob = await this.keep();
    if (isJob && !isNew && !this.#isOver) await writeRecord(this.#parts, this.#record);
    return isJob;
  }

  /** From here on it is listed, and outlives its daemon. @returns false when it was over before it became a job */
  async keep(): Promise<boolean> {
    if (this.#isOver && !this.#kept) return false;
    this.#kept ??= writeJob(this.#parts, this.#record, this.#work.call).then(() => this.#begin());
    await this.#kept;
    return true;
  }

  get isKept(): boolean {
    return this.#kept !== undefined;
  }

  async #begin(): Promise<void> {
    this.#isJob.resolve(this.id);
    if (this.#jobLog) this.#open(this.#jobLog);
  }

  #open(jobLog: JobLog): void {
    jobLog.open(jobDir(this.#parts, this.id));
    const path = cancelPath(this.#parts, this.id);
    this.#watch ??= setInterval(() => existsSync(path) && this.operation.flight.cancel(), CANCEL_CHECK_MS);
  }

  async #run(report: Report, signal: AbortSignal): Promise<unknown> {
    const jobLog = new JobLog(report);
    this.#jobLog = jobLog;
    try {
      const result = await this.#perform(jobLog, signal);
      await this.#end(jobLog, { state: "done", result });
      return result;
    } catch (e) {
      const error = SwError.from(e);
      if (this.#parts.operations.leaving && !this.#record.watched) jobLog.state("interrupted: the daemon ends");
      else await this.#fail(jobLog, error, signal);
      throw error;
    } finally {
      clearInterval(this.#watch);
      jobLog.close();
    }
  }

  async #perform(jobLog: JobLog, signal: AbortSignal): Promise<unknown> {
    const { method } = this.#record;
    const takeTurn = async () => {
      this.#turn ??= this.#waitForTurn(jobLog, signal);
      await this.#turn;
    };
    try {
      if (this.#kept) {
        this.#open(jobLog);
        if (this.#record.interruptions > 0) await this.#waitForWatcher(signal);
        await takeTurn();
      }
      const own = { report: jobLog.report, signal, decided: this.#decisions(), takeTurn };
      return await this.#parts.perform({ method, ...this.#work.call, ...own });
    } finally {
      const release = await this.#turn?.catch(() => undefined);
      release?.();
    }
  }

  async #waitForWatcher(signal: AbortSignal): Promise<void> {
    const until = Date.now() + WATCHER_MS;
    while (this.#record.watched && this.operation.flight.holders === 0) {
      throwIfAborted(signal);
      if (Date.now() >= until) throw interrupted("its daemon ended, and nobody came back for it");
      await Bun.sleep(50);
    }
  }

  async #waitForTurn(jobLog: JobLog, signal: AbortSignal): Promise<() => void> {
    await this.keep();
    const { kind, call } = this.#work;
    const limits = await this.#parts.limits({ env: call.client.env, clock: { now: () => Date.now() } });
    const waits = () => jobLog.report.progress({ step: "slot", text: `Waiting for another ${kind.slot} build to end` });
    const release = await this.#parts.slots.take({ kind: kind.slot, limit: limits[kind.slot], signal, waits });
    try {
      this.#record = { ...this.#record, state: "running", started_at: Date.now() };
      await writeRecord(this.#parts, this.#record);
      jobLog.state("running");
      return release;
    } catch (e) {
      release();
      throw e;
    }
  }

  /** Kept in its record, so that it decides the same when it is started again. */
  #decisions(): Decisions {
    return {
      get: (what) => this.#record.decided?.[what],
      set: async (what, value) => {
        this.#record = { ...this.#record, decided: { ...this.#record.decided, [what]: value } };
        if (this.#kept) await this.#kept.then(() => writeRecord(this.#parts, this.#record));
      },
    };
  }

  async #fail(jobLog: JobLog, thrown: SwError, signal: AbortSignal): Promise<void> {
    // Nobody cancelled what a daemon that is told to end does not finish.
    const error = this.#parts.operations.leaving ? interrupted("the daemon was stopped") : thrown;
    const { detail, ...json } = error.toJSON();
    const isCancelled = signal.aborted || error.code === "CANCELLED";
    const state = detail?.interrupted ? "interrupted" : isCancelled ? "cancelled" : "failed";
    await this.#end(jobLog, { state, error: json });
  }

  /** Whatever keeps it from being written down changes nothing of what was done. */
  async #end(jobLog: JobLog, end: Pick<JobRecord, "state"> & Partial<JobRecord>): Promise<void> {
    this.#isOver = true;
    if (!this.#kept) return;
    this.#record = { ...this.#record, ...end, ended_at: Date.now() };
    try {
      await this.#kept;
      // Before the record: who sees that it has ended finds its last line in the log.
      const hasWords = end.state === "failed" || end.state === "interrupted";
      jobLog.state(hasWords ? `${end.state}: ${end.error?.message}` : end.state);
      await writeRecord(this.#parts, this.#record);
      await dropCall(this.#parts, this.id);
    } catch (e) {
      log(`job ${this.id}: its end can't be written: ${SwError.from(e).message}`);
    }
    if (!this.#record.watched) leaveNote(this.#parts, this.#work.call.client.env.SWCLI_SHELL, this.#record);
  }
}

const interrupted = (why: string) =>
  new SwError("JOB_FAILED", why, { hint: "Repeat the command.", detail: { interrupted: true } });
