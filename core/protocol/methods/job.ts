/** Methods on jobs. Keys of results are the keys of `-o json` (docs/json.md). */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";

const Id = v.pipe(v.string(), v.maxLength(100));

export const JobRow = v.object({
  id: v.string(),
  kind: v.string(),
  title: v.string(),
  state: v.picklist(["queued", "running", "done", "failed", "cancelled", "interrupted"]),
  created_at: v.string(),
  started_at: v.nullable(v.string()),
  ended_at: v.nullable(v.string()),
  /** How often the death of a daemon interrupted it. */
  interruptions: v.number(),
  error: v.nullable(v.object({ code: v.string(), message: v.string(), hint: v.optional(v.string()) })),
});

const JobInfo = v.object({
  ...JobRow.entries,
  log: v.string(),
  decided: v.record(v.string(), v.string()),
  result: v.nullable(v.unknown()),
});

/** A query, although it starts work: the answer is the id, at once. */
const JobStart = defineMethod({
  kind: "query",
  params: v.strictObject({ method: v.picklist(["runtime.build", "runtime.dockerize"]), params: v.unknown() }),
  result: v.object({ id: v.string() }),
});

const JobList = defineMethod({ kind: "query", params: v.strictObject({}), result: v.array(JobRow) });

const Info = defineMethod({ kind: "query", params: v.strictObject({ id: Id }), result: JobInfo });

/** How many events the caller has had already, of a daemon that died. */
const Skip = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0);

/** The log comes as `log` events. */
const JobLogs = defineMethod({
  kind: "operation",
  params: v.strictObject({ id: Id, follow: v.optional(v.boolean(), false), skip: Skip }),
  result: JobRow,
});

/** Ends as the job does: its error is this call's error. */
const JobWait = defineMethod({ kind: "operation", params: v.strictObject({ id: Id, skip: Skip }), result: JobInfo });

const JobCancel = defineMethod({ kind: "operation", params: v.strictObject({ id: Id }), result: JobRow });

const JobRemove = defineMethod({
  kind: "query",
  params: v.strictObject({ ids: v.array(Id), ended: v.optional(v.boolean(), false) }),
  result: v.object({ removed: v.array(v.string()) }),
});

export const JOB_METHODS = {
  "job.start": JobStart,
  "job.list": JobList,
  "job.info": Info,
  "job.logs": JobLogs,
  "job.wait": JobWait,
  "job.cancel": JobCancel,
  "job.remove": JobRemove,
} as const;
