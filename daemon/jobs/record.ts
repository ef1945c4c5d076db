/**
 * What is known of a job, on disk: `<jobs>/<id>/job.json`, readable by every process of this user and after any death.
 * What a restart needs (the client's environment) stands beside it and goes with the job's end.
 * Tests: test/unit/daemon/jobs/record.test.ts
 */
import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { SwError } from "#core/errors.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny, removeFile, removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import type { Paths } from "#core/platform/paths.ts";
import type { ClientInfo } from "#core/protocol/wire.ts";
import { startTime } from "#core/store/leases.ts";
import { CallSchema } from "#daemon/call-body.ts";

export const JOB_FORMAT = 1;

const RecordSchema = v.looseObject({
  format: v.number(),
  id: v.string(),
  method: v.string(),
  title: v.string(),
  state: v.picklist(["queued", "running", "done", "failed", "cancelled", "interrupted"]),
  /** Unix ms. */
  created_at: v.number(),
  started_at: v.nullable(v.number()),
  ended_at: v.nullable(v.number()),
  /** How often a daemon's death interrupted it. */
  interruptions: v.number(),
  /** It lives as long as somebody watches it, so after an interruption it goes on only for who comes back. */
  watched: v.optional(v.boolean()),
  /** Which daemon works on it: a pid alone may be reused. */
  owner: v.object({ pid: v.number(), started: v.string() }),
  /** What must not be decided anew when it is started again. */
  decided: v.optional(v.record(v.string(), v.string())),
  result: v.optional(v.unknown()),
  error: v.nullable(v.looseObject({ code: v.string(), message: v.string(), hint: v.optional(v.string()) })),
});

export type JobRecord = v.InferOutput<typeof RecordSchema>;

/** What a job does, for its restart. */
export interface JobCall {
  params: unknown;
  client: ClientInfo;
}

export const isEnded = ({ state }: Pick<JobRecord, "state">): boolean => state !== "queued" && state !== "running";

export const ownIdentity = (): JobRecord["owner"] => ({ pid: process.pid, started: startTime(process.pid) });

/** False when the daemon that worked on it has gone. */
export const isOwned = ({ owner }: JobRecord): boolean => startTime(owner.pid) === owner.started;

export const newRecord = (method: string, title: string, watched: boolean): JobRecord => ({
  format: JOB_FORMAT,
  id: randomBytes(6).toString("hex"),
  method,
  title,
  state: "queued",
  created_at: Date.now(),
  started_at: null,
  ended_at: null,
  interruptions: 0,
  watched,
  owner: ownIdentity(),
  error: null,
});

type Where = { readonly paths: Pick<Paths, "jobs"> };

export const jobDir = ({ paths }: Where, id: string): string => `${paths.jobs}/${id}`;

/** There when another process wants the job cancelled. */
export const cancelPath = (where: Where, id: string): string => `${jobDir(where, id)}/cancel`;

export async function writeRecord(where: Where, record: JobRecord): Promise<void> {
  await writeFileAtomic(`${jobDir(where, record.id)}/job.json`, JSON.stringify(record), { mode: 0o600 });
}

/** Puts a job on disk: from here on it is listed, and outlives its daemon. */
export async function writeJob(where: Where, record: JobRecord, call: JobCall): Promise<void> {
  await writeFileAtomic(callPath(where, record.id), JSON.stringify(call), { mode: 0o600, durable: false });
  await writeRecord(where, record);
}

const callPath = (where: Where, id: string) => `${jobDir(where, id)}/call.json`;

export async function readCall(where: Where, id: string): Promise<JobCall | undefined> {
  const parsed = v.safeParse(CallSchema, await jsonIfAny(callPath(where, id)));
  return parsed.success ? { params: parsed.output.params, client: parsed.output.client } : undefined;
}

/** The environment may hold secrets and is not kept longer than it can be needed. */
export const dropCall = async (where: Where, id: string): Promise<void> => await removeFile(callPath(where, id));

export async function readRecord(where: Where, id: string): Promise<JobRecord | undefined> {
  const parsed = v.safeParse(RecordSchema, await jsonIfAny(`${jobDir(where, id)}/job.json`));
  return parsed.success ? parsed.output : undefined;
}

async function jsonIfAny(path: string): Promise<unknown> {
  const text = await readTextIfAny(path);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** All jobs, newest first. */
export async function listRecords(where: Where): Promise<JobRecord[]> {
  const records = await Promise.all((await jobIds(where)).map((id) => readRecord(where, id)));
  return records.filter((record) => record !== undefined).sort((a, b) => b.created_at - a.created_at);
}

async function jobIds({ paths }: Where): Promise<string[]> {
  return (await namesIn(paths.jobs)).filter((name) => /^[0-9a-f]{12}$/.test(name));
}

// Shorter beginnings are typing mistakes more often than jobs.
const MIN_PREFIX = 4;

/** The job that is meant by an id or its beginning. @throws SwError JOB_NOT_FOUND, AMBIGUOUS */
export async function findRecord(where: Where, text: string): Promise<JobRecord> {
  const exact = /^[0-9a-f]{12}$/.test(text) ? await readRecord(where, text) : undefined;
  if (exact) return exact;
  const found = text.length < MIN_PREFIX ? [] : (await listRecords(where)).filter(({ id }) => id.startsWith(text));
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  if (only) throw new SwError("AMBIGUOUS", `${text} is the beginning of ${found.map(({ id }) => id).join(", ")}`);
  throw new SwError("JOB_NOT_FOUND", `no job ${text}`, { hint: "`swcli job list` shows what there is." });
}

export const removeRecord = async (where: Where, id: string): Promise<void> => await removeTree(jobDir(where, id));
