/**
 * Jobs of this daemon: long work with a record and a log on disk, on top of operations. Starts, joins, cancels, and takes
 * up what a dead daemon left. Knows no domain. Tests: test/e2e/jobs.test.ts, test/unit/daemon/jobs/jobs.test.ts
 */
import { existsSync } from "node:fs";
import { SwError } from "#core/errors.ts";
import type { CallBody } from "#core/protocol/wire.ts";
import { silentReport } from "#core/report.ts";
import { openJobLog } from "#daemon/jobs/job-log.ts";
import { JobRun, type RunParts, type Work } from "#daemon/jobs/job-run.ts";
import { jobKind, jobTitle, MAX_RESTARTS } from "#daemon/jobs/kinds.ts";
import {
  cancelPath,
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
  removeRecord,
  writeJob,
  writeRecord,
} from "#daemon/jobs/record.ts";
import { log } from "#daemon/life/log.ts";
import { flightKey } from "#daemon/ops/flight-key.ts";

export interface JobsParts extends RunParts {
  /** The call with what its names mean now. Throws what is wrong with it before a job is made of it. */
  readonly settle: (method: string, call: JobCall) => Promise<JobCall>;
  /** What the call works from is not as it was at `since` (Unix ms). */
  readonly hasChanged: (method: string, call: JobCall, since: number) => Promise<boolean>;
}

// Ended jobs stay readable for long, not for ever.
const KEPT_ENDED = 200;

export class Jobs {
  readonly #parts: JobsParts;
  /** From before their records are written until their work has ended, written down or not. */
  readonly #own = new Map<string, JobRun | undefined>();
  readonly #starting = new Map<string, Promise<JobRun>>();
  #recovering: Promise<void> | undefined;

  constructor(parts: JobsParts) {
    this.#parts = parts;
  }

  /** Starts a job, or joins the equal one that is under way and works from the same. `detached` jobs live without listeners. */
  async start(method: string, asked: JobCall, detached: boolean): Promise<JobRun> {
    const kind = jobKind(method);
    if (!kind) throw new SwError("USAGE", `${method} can't be a job`);
    const call = await this.#parts.settle(method, asked);
    // Of the jobs that a dead daemon left one may be this very call.
    await this.recovered();
    const key = await keyOf(method, call);
    for (let known = this.#starting.get(key); known; known = this.#starting.get(key)) {
      const run = await known;
      const since = run.operation.startedAt;
      if (!(await this.#parts.hasChanged(method, call, since)) && (await join(run, detached))) return run;
      this.#forget(key, known);
    }
    const started = this.#create({ record: newRecord(method, jobTitle(kind, asked), !detached), kind, call });
    this.#offer(key, started);
    return await started;
  }

  /** Equal calls join it until it ends. */
  #offer(key: string, started: Promise<JobRun>): void {
    this.#starting.set(key, started);
    const forget = () => this.#forget(key, started);
    started.then(({ operation: { flight } }) => {
      // What is being cancelled is nothing to join.
      flight.signal.addEventListener("abort", forget, { once: true });
      flight.result.then(forget, forget);
    }, forget);
  }

  #forget(key: string, started: Promise<JobRun>): void {
    if (this.#starting.get(key) === started) this.#starting.delete(key);
  }

  async #create(work: Work): Promise<JobRun> {
    const { record, kind, call } = work;
    const write = async () => await writeJob(this.#parts, record, call);
    return await this.#launch(work, kind.atOnce || !record.watched ? write : undefined);
  }

  /** It is ours before `write` puts it on disk: no reader shall take it for one that nobody works on. */
  async #launch(work: Work, write: (() => Promise<void>) | undefined): Promise<JobRun> {
    const { id } = work.record;
    this.#own.set(id, undefined);
    try {
      await write?.();
    } catch (e) {
      this.#own.delete(id);
      throw e;
    }
    const run = new JobRun(this.#parts, work, write !== undefined);
    this.#own.set(id, run);
    const ended = () => {
      this.#own.delete(id);
      if (run.isKept) void this.#prune();
    };
    run.operation.flight.result.then(ended, ended);
    return run;
  }

  /** Whether somebody works on a job that has not ended: this daemon if it is its own, else the one that lives. */
  isAtWork(record: JobRecord): boolean {
    return record.owner.pid === process.pid ? this.#own.has(record.id) : isOwned(record);
  }

  /** Ends it; the end is in its record. @returns false when it is none of this daemon's */
  cancel(id: string): boolean {
    const own = this.#own.get(id);
    own?.operation.flight.cancel();
    return own !== undefined;
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
    for (const record of records.filter((one) => !isEnded(one) && !isOwned(one))) {
      // One that can't be written must not keep the others from going on.
      await this.#takeUp(record).catch((e: unknown) => log(`job ${record.id} stays as it is: ${e}`));
    }
    await this.#prune();
  }

  async #takeUp(record: JobRecord): Promise<void> {
    const kind = jobKind(record.method);
    const call = await readCall(this.#parts, record.id);
    const interruptions = record.interruptions + 1;
    const taken = { ...record, interruptions, owner: ownIdentity() };
    if (kind?.restarts && call && interruptions <= MAX_RESTARTS && !existsSync(cancelPath(this.#parts, record.id))) {
      const next: JobRecord = { ...taken, state: "queued", started_at: null };
      const run = await this.#launch({ record: next, kind, call }, async () => {
        await writeRecord(this.#parts, next);
        const then = next.watched ? "starts again for who watched it" : "started again";
        this.#note(next.id, `${then} (${interruptions} of ${MAX_RESTARTS})`);
      });
      run.operation.flight.result.catch(() => {});
      this.#offer(await keyOf(record.method, call), Promise.resolve(run));
      return;
    }
    const error = { code: "JOB_FAILED", message: "the daemon ended while it ran", hint: "Repeat the command." };
    this.#note(record.id, "not started again");
    await writeRecord(this.#parts, { ...taken, state: "interrupted", ended_at: Date.now(), error });
    await dropCall(this.#parts, record.id);
  }

  #note(id: string, then: string): void {
    const jobLog = openJobLog(jobDir(this.#parts, id), silentReport);
    jobLog.state(`interrupted: the daemon ended; ${then}`);
    jobLog.close();
  }

  async #prune(): Promise<void> {
    try {
      const ended = (await listRecords(this.#parts)).filter(isEnded);
      for (const { id } of ended.slice(KEPT_ENDED)) await removeRecord(this.#parts, id);
    } catch (e) {
      log(`old jobs stay: ${e}`);
    }
  }
}

const keyOf = async (method: string, { params, client }: JobCall): Promise<string> =>
  await flightKey(method as Parameters<typeof flightKey>[0], { params, client } satisfies CallBody);

/** Who joins to leave makes a job of it, and keeps it alive without listening. @returns false when it is over */
async function join(run: JobRun, detached: boolean): Promise<boolean> {
  return detached ? await run.detach() : true;
}
