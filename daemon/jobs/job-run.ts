/**
 * One job that this daemon works on: its record and log on disk, its turn among those of its kind, its end.
 * Knows no other job. Tests: test/e2e/jobs.test.ts, test/unit/daemon/jobs/jobs.test.ts
 */
import { existsSync } from "node:fs";
import type { Decisions } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import type { Paths } from "#core/platform/paths.ts";
import type { Report } from "#core/report.ts";
import { JobLog } from "#daemon/jobs/job-log.ts";
import type { JobKind, SlotLimits } from "#daemon/jobs/kinds.ts";
import { leaveNote } from "#daemon/jobs/notes.ts";
import { cancelPath, dropCall, type JobCall, type JobRecord, jobDir, writeRecord } from "#daemon/jobs/record.ts";
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
}

export interface Work {
  readonly record: JobRecord;
  readonly kind: JobKind;
  readonly call: JobCall;
  /** Nobody looks on: it lives without listeners, and its end is told by a note. */
  readonly detached: boolean;
}

// Another process asks us to cancel by a file; looked for only while a job runs.
const CANCEL_CHECK_MS = 300;

export class JobRun {
  readonly id: string;
  readonly operation: Operation;
  readonly #parts: RunParts;
  readonly #work: Work;
  #record: JobRecord;

  /** Begins the work; the record is on disk already. */
  constructor(parts: RunParts, work: Work) {
    this.id = work.record.id;
    this.#parts = parts;
    this.#work = work;
    this.#record = work.record;
    const { method, title } = work.record;
    this.operation = parts.operations.start({ method, title, detached: work.detached }, (report, signal) =>
      this.#run(report, signal),
    );
  }

  async #run(report: Report, signal: AbortSignal): Promise<unknown> {
    const jobLog = new JobLog(report);
    const watch = this.#watchForCancel();
    try {
      jobLog.open(jobDir(this.#parts, this.id));
      const result = await this.#inSlot(jobLog, signal);
      await this.#end(jobLog, { state: "done", result });
      return result;
    } catch (e) {
      const error = SwError.from(e);
      if (this.#parts.operations.leaving) jobLog.state("interrupted: the daemon ends");
      else await this.#fail(error, { jobLog, cancelled: signal.aborted || error.code === "CANCELLED" });
      throw error;
    } finally {
      clearInterval(watch);
      jobLog.close();
    }
  }

  async #inSlot(jobLog: JobLog, signal: AbortSignal): Promise<unknown> {
    const { kind, call } = this.#work;
    const limits = await this.#parts.limits({ env: call.client.env, clock: { now: () => Date.now() } });
    const waits = () => jobLog.report.progress({ step: "slot", text: `Waiting for another ${kind.slot} build to end` });
    const release = await this.#parts.slots.take({ kind: kind.slot, limit: limits[kind.slot], signal, waits });
    try {
      this.#record = { ...this.#record, state: "running", started_at: Date.now() };
      await writeRecord(this.#parts, this.#record);
      jobLog.state("running");
      const own = { report: jobLog.report, signal, decided: this.#decisions() };
      return await this.#parts.perform({ method: this.#record.method, ...call, ...own });
    } finally {
      release();
    }
  }

  /** Kept in its record, so that it decides the same when it is started again. */
  #decisions(): Decisions {
    return {
      get: (what) => this.#record.decided?.[what],
      set: async (what, value) => {
        this.#record = { ...this.#record, decided: { ...this.#record.decided, [what]: value } };
        await writeRecord(this.#parts, this.#record);
      },
    };
  }

  async #fail(error: SwError, { jobLog, cancelled }: { jobLog: JobLog; cancelled: boolean }): Promise<void> {
    const { detail: _, ...json } = error.toJSON();
    await this.#end(jobLog, { state: cancelled ? "cancelled" : "failed", error: json });
  }

  /** Whatever keeps it from being written down changes nothing of what was done. */
  async #end(jobLog: JobLog, end: Pick<JobRecord, "state"> & Partial<JobRecord>): Promise<void> {
    this.#record = { ...this.#record, ...end, ended_at: Date.now() };
    try {
      // Before the record: who sees that it has ended finds its last line in the log.
      jobLog.state(end.state === "failed" ? `failed: ${end.error?.message}` : end.state);
      await writeRecord(this.#parts, this.#record);
      await dropCall(this.#parts, this.id);
    } catch (e) {
      log(`job ${this.id}: its end can't be written: ${SwError.from(e).message}`);
    }
    if (this.#work.detached) leaveNote(this.#parts, this.#work.call.client.env.SWCLI_SHELL, this.#record);
  }

  #watchForCancel(): ReturnType<typeof setInterval> {
    const path = cancelPath(this.#parts, this.id);
    return setInterval(() => existsSync(path) && this.operation.flight.cancel(), CANCEL_CHECK_MS);
  }
}
