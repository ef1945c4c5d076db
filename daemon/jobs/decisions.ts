/**
 * What a job decided, kept in its record, so that it decides the same when it is started again.
 * Tests: test/e2e/dockerize-base.test.ts
 */
import type { Decisions } from "#core/context.ts";
import type { Paths } from "#core/platform/paths.ts";
import type { Report } from "#core/report.ts";
import { type JobCall, type JobRecord, writeRecord } from "#daemon/jobs/record.ts";

/** A call as a job performs it. */
export interface JobRun extends JobCall {
  readonly method: string;
  readonly report: Report;
  readonly signal: AbortSignal;
  readonly decided: Decisions;
}

/** Of the job whose record `work` holds. */
export const decisionsOf = (where: { paths: Pick<Paths, "jobs"> }, work: { record: JobRecord }): Decisions => ({
  get: (what) => work.record.decided?.[what],
  async set(what, value) {
    work.record = { ...work.record, decided: { ...work.record.decided, [what]: value } };
    await writeRecord(where, work.record);
  },
});
