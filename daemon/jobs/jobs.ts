/**
 * Jobs of this daemon: long work with a record and a log on disk, on top of operations. Starts, joins, cancels, and takes
 * up what a dead daemon left. Knows no domain. Tests: test/e2e/jobs.test.ts
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { SwError } from "#core/errors.ts";
import type { Paths } from "#core/platform/paths.ts";
import type { CallBody } from "#core/protocol/wire.ts";
import { type Report, silentReport } from "#core/report.ts";
import { decisionsOf, type JobRun } from "#daemon/jobs/decisions.ts";
import { type JobLog, openJobLog } from "#daemon/jobs/job-log.ts";
import { type JobKind, jobKind, jobTitle, MAX_RESTARTS, type SlotLimits } from "#daemon/jobs/kinds.ts";
import { leaveNote } from "#daemon/jobs/notes.ts";
import {
  dropCall,
  isEnded,
  isOwned,
  type JobCall,
  type JobRecord,
  jobDir,
  listRecords,
  newRecord,
  ownIdentity,
  readCall,
  readRecord,
  removeRecord,
  writeCall,
  writeRecord,
} from "#daemon/jobs/record.ts";
import { Slots } from "#daemon/jobs/slots.ts";
import { flightKey } from "#daemon/ops/flight-key.ts";
import type { Operation, Operations } from "#daemon/ops/operation.ts";

export interface JobsParts {
  readonly paths: Paths;
  readonly operations: Operations;
  readonly limits: SlotLimits;
  /** The call itself, in this process. */
  readonly perform: (call: JobRun) => Promise<unknown>;
  /** Throws what is wrong with a call before a job is made of it. */
  readonly check: (method: string, call: JobCall) => Promise<void>;
}

export interface Job {
  readonly id: string;
  readonly operation: Operation;
}

interface Work {
  record: JobRecord;
  readonly kind: JobKind;
  readonly call: JobCall;
  /** Nobody looks on: its end is told by a note. */
  readonly detached: boolean;
}

// Ended jobs stay readable for long, not for ever.
const KEPT_ENDED = 200;
// Another process asks us to cancel by a file; looked for only while a job runs.
const CANCEL_CHECK_MS = 300;

export class Jobs {
  readonly #parts: JobsParts;
  readonly #slots = new Slots(() => this.#parts.paths.locks);
  readonly #running = new Map<string, Operation>();
  readonly #starting = new Map<string, Promise<Job>>();
  #recovering: Promise<void> | undefined;
  #leaving = false;

  constructor(parts: JobsParts) {
    this.#parts = parts;
  }

  /** Starts a job, or joins the equal one that is under way. `detached` jobs live without listeners. */
  async start(method: string, call: JobCall, detached: boolean): Promise<Job> {
    const kind = jobKind(method);
    if (!kind) throw new SwError("USAGE", `${method} can't be a job`);
    await this.#parts.check(method, call);
    // Of the jobs that a dead daemon left one may be this very call.
    await this.recovered();
    const key = await keyOf(method, call);
    const known = this.#starting.get(key);
    if (known) return await join(await known, detached);
    const started = this.#create({ record: newRecord(method, jobTitle(kind, call.params)), kind, call, detached });
    this.#offer(key, started);
    return await started;
  }

  /** Equal calls join it until it ends. */
  #offer(key: string, started: Promise<Job>): void {
    this.#starting.set(key, started);
    const forget = () => this.#starting.get(key) === started && this.#starting.delete(key);
    started.then(({ operation: { flight } }) => {
      // What is being cancelled is nothing to join.
      flight.signal.addEventListener("abort", forget, { once: true });
      flight.result.then(forget, forget);
    }, forget);
  }

  async #create(work: Work): Promise<Job> {
    await writeCall(this.#parts, work.record.id, work.call);
    await writeRecord(this.#parts, work.record);
    return { id: work.record.id, operation: this.#launch(work) };
  }

  #launch(work: Work): Operation {
    const { id, method, title } = work.record;
    const operation = this.#parts.operations.start({ method, title, detached: work.detached }, (report, signal) =>
      this.#run(work, report, signal),
    );
    this.#running.set(id, operation);
    operation.flight.result.finally(() => this.#running.delete(id)).catch(() => {});
    return operation;
  }

  async #run(work: Work, report: Report, signal: AbortSignal): Promise<unknown> {
    const log = openJobLog(jobDir(this.#parts, work.record.id), report);
    const watch = this.#watchForCancel(work.record.id);
    try {
      const result = await this.#inSlot(work, { log, signal });
      await this.#end(work, { state: "done", result });
      log.state("done");
      return result;
    } catch (e) {
      const error = SwError.from(e);
      if (this.#leaving) log.state("interrupted: the daemon ends");
      else await this.#fail(work, { error, log, cancelled: signal.aborted || error.code === "CANCELLED" });
      throw error;
    } finally {
      clearInterval(watch);
      log.close();
    }
  }

  async #inSlot(work: Work, { log, signal }: { log: JobLog; signal: AbortSignal }): Promise<unknown> {
    const { kind, call } = work;
    const { client } = call;
    const limits = await this.#parts.limits({ env: client.env, clock: { now: () => Date.now() } });
    const waits = () => log.report.progress({ step: "slot", text: `Waiting for another ${kind.slot} build to end` });
    const release = await this.#slots.take({ kind: kind.slot, limit: limits[kind.slot], signal, waits });
    try {
      work.record = { ...work.record, state: "running", started_at: Date.now() };
      await writeRecord(this.#parts, work.record);
      log.state("running");
      const own = { report: log.report, signal, decided: decisionsOf(this.#parts, work) };
      return await this.#parts.perform({ method: work.record.method, ...call, ...own });
    } finally {
      release();
    }
  }

  async #fail(
    work: Work,
    { error, log, cancelled }: { error: SwError; log: JobLog; cancelled: boolean },
  ): Promise<void> {
    const { detail: _, ...json } = error.toJSON();
    await this.#end(work, { state: cancelled ? "cancelled" : "failed", error: json });
    log.state(cancelled ? "cancelled" : `failed: ${error.message}`);
  }

  async #end(work: Work, end: Pick<JobRecord, "state"> & Partial<JobRecord>): Promise<void> {
    work.record = { ...work.record, ...end, ended_at: Date.now() };
    await writeRecord(this.#parts, work.record);
    await dropCall(this.#parts, work.record.id);
    if (work.detached) leaveNote(this.#parts, work.call.client.env.SWCLI_SHELL, work.record);
  }

  #watchForCancel(id: string): ReturnType<typeof setInterval> {
    const look = () => existsSync(cancelPath(this.#parts, id)) && this.#running.get(id)?.flight.cancel();
    return setInterval(look, CANCEL_CHECK_MS);
  }

  /** The operation of a job that runs here. */
  operationOf(id: string): Operation | undefined {
    return this.#running.get(id);
  }

  /** Asks whoever works on it to stop; the end is in its record. */
  async cancel(id: string): Promise<void> {
    const own = this.#running.get(id);
    if (own) own.flight.cancel();
    else await writeFile(cancelPath(this.#parts, id), "");
  }

  /** Called when the daemon is told to end: what runs is interrupted, not cancelled, and goes on with the next daemon. */
  leave(): void {
    this.#leaving = true;
  }

  /** Takes up what dead daemons left: marks it, starts it again where its kind allows. */
  recover(): Promise<void> {
    this.#recovering = this.#takeUpAll();
    return this.#recovering;
  }

  /** Once what dead daemons left is taken up, or can't be: before, a job that is about to go on looks interrupted. */
  async recovered(): Promise<void> {
    await this.#recovering?.catch(() => {});
  }

  async #takeUpAll(): Promise<void> {
    const records = await listRecords(this.#parts);
    for (const record of records) if (!isEnded(record) && !isOwned(record)) await this.#takeUp(record);
    for (const { id } of records.filter(isEnded).slice(KEPT_ENDED)) await removeRecord(this.#parts, id);
  }

  async #takeUp(record: JobRecord): Promise<void> {
    const kind = jobKind(record.method);
    const call = await readCall(this.#parts, record.id);
    const interruptions = record.interruptions + 1;
    const work = { ...record, interruptions, owner: ownIdentity() };
    if (kind?.restarts && call && interruptions <= MAX_RESTARTS && !existsSync(cancelPath(this.#parts, record.id))) {
      const next: JobRecord = { ...work, state: "queued", started_at: null };
      await writeRecord(this.#parts, next);
      const log = openJobLog(jobDir(this.#parts, record.id), silentReport);
      log.state(`interrupted: the daemon ended; started again (${interruptions} of ${MAX_RESTARTS})`);
      log.close();
      const operation = this.#launch({ record: next, kind, call, detached: true });
      operation.flight.result.catch(() => {});
      this.#offer(await keyOf(record.method, call), Promise.resolve({ id: record.id, operation }));
      return;
    }
    const error = { code: "JOB_FAILED", message: "the daemon ended while it ran", hint: "Repeat the command." };
    await writeRecord(this.#parts, { ...work, state: "interrupted", ended_at: Date.now(), error });
    await dropCall(this.#parts, record.id);
  }

  /** Forgets an ended job and its log. @throws SwError IN_USE while it runs */
  async remove(id: string): Promise<void> {
    const record = await readRecord(this.#parts, id);
    if (record && !isEnded(record) && isOwned(record)) {
      throw new SwError("IN_USE", `job ${id} has not ended`, { hint: `Cancel it first: swcli job cancel ${id}` });
    }
    await removeRecord(this.#parts, id);
  }
}

const keyOf = async (method: string, { params, client }: JobCall): Promise<string> =>
  await flightKey(method as Parameters<typeof flightKey>[0], { params, client } satisfies CallBody);

/** Who joins to leave keeps it alive without listening. */
async function join(job: Job, detached: boolean): Promise<Job> {
  if (detached) job.operation.flight.hold();
  return job;
}

const cancelPath = (where: { paths: Pick<Paths, "jobs"> }, id: string) => `${jobDir(where, id)}/cancel`;
