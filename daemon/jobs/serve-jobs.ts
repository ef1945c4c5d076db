/**
 * What the methods on jobs do: read, remove and cancel by records on disk (also without a daemon), and ask the daemon's
 * jobs to act.
 * Tests: test/e2e/jobs.test.ts
 */
import { writeFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { ERROR_CODES, type ErrorCode, SwError, throwIfAborted } from "#core/errors.ts";
import type { ParsedParams, ResultOf } from "#core/protocol/methods.ts";
import type { Host } from "#daemon/host.ts";
import { eventText, type JobEvent, readJobLog } from "#daemon/jobs/job-log.ts";
import type { Jobs } from "#daemon/jobs/jobs.ts";
import {
  cancelPath,
  findRecord,
  isEnded,
  isOwned,
  type JobRecord,
  jobDir,
  listRecords,
  readRecord,
  removeRecord,
} from "#daemon/jobs/record.ts";

type Row = ResultOf<"job.list">[number];

// Only while somebody watches.
const LOOK_MS = 100;

export async function startJob(
  ctx: Ctx,
  { method, params }: ParsedParams<"job.start">,
  host: Host,
): Promise<{ id: string }> {
  const env = Object.fromEntries(Object.entries(ctx.env).filter((e): e is [string, string] => e[1] !== undefined));
  const { id } = await requireJobs(host).start(method, { params, client: { cwd: ctx.cwd, env } }, true);
  return { id };
}

function requireJobs(host: Host): Jobs {
  if (host.jobs) return host.jobs;
  throw new SwError("USAGE", "jobs belong to the daemon; nothing outlives a command without it", {
    hint: "Leave --no-daemon (SW_NO_DAEMON) out, or leave --detach out.",
  });
}

export const listJobs = async (ctx: Ctx, host: Host): Promise<Row[]> =>
  await Promise.all((await listRecords(ctx)).map(async (record) => rowOf(await asItStands(ctx, host, record))));

export async function jobInfo(ctx: Ctx, { id }: { id: string }, host: Host): Promise<ResultOf<"job.info">> {
  const record = await find(ctx, host, id);
  const { decided = {}, result = null } = record;
  return { ...rowOf(record), log: `${jobDir(ctx, record.id)}/log`, decided, result };
}

const find = async (ctx: Ctx, host: Host, id: string): Promise<JobRecord> =>
  await asItStands(ctx, host, await findRecord(ctx, id));

/** A job that nobody works on any more is interrupted, whether or not that could be written down. */
async function asItStands(ctx: Ctx, { jobs }: Host, record: JobRecord): Promise<JobRecord> {
  if (isEnded(record) || (jobs ? jobs.isAtWork(record) : isOwned(record))) return record;
  // It may have ended since it was read.
  const again = (await readRecord(ctx, record.id)) ?? record;
  return isEnded(again) ? again : { ...again, state: "interrupted" };
}

function rowOf(record: JobRecord): Row {
  const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    id: record.id,
    kind: record.method,
    title: record.title,
    state: record.state,
    created_at: time(record.created_at) ?? "",
    started_at: time(record.started_at),
    ended_at: time(record.ended_at),
    interruptions: record.interruptions,
    error: record.error,
  };
}

/** From the first line on; with `follow` until the job's end. */
export async function jobLogs(ctx: Ctx, params: ParsedParams<"job.logs">, host: Host): Promise<Row> {
  return rowOf(await replay(ctx, { ...params, host, each: (event) => ctx.report.log(logLine(event)) }));
}

interface Replay {
  id: string;
  host: Host;
  follow: boolean;
  /** So many events are known. */
  skip: number;
  each: (event: JobEvent) => void;
}

/** The record as it is at the end of the log. */
async function replay(ctx: Ctx, { id, host, follow, skip, each }: Replay): Promise<JobRecord> {
  const { id: full } = await findRecord(ctx, id);
  let known = skip;
  for (let at = 0; ; ) {
    // The record first: what a job says before its end is in the log then.
    const now = await find(ctx, host, full);
    const part = await readJobLog(jobDir(ctx, full), at);
    part.events.slice(known).forEach(each);
    known = Math.max(0, known - part.events.length);
    at = part.next;
    // A daemon that leaves ends its jobs and who follows them at once: these must not take it for the job's own end.
    throwIfAborted(ctx.signal);
    if (!follow || isEnded(now)) return now;
    await Bun.sleep(LOOK_MS);
  }
}

const logLine = (event: JobEvent) =>
  `${new Date(event.at).toISOString().slice(11, 19)} ${mark(event)}${eventText(event)}`;

const mark = ({ type }: JobEvent) =>
  type === "log" ? "  " : type === "warn" ? "warning: " : type === "state" ? "job " : "";

/** @throws SwError the job's own error, so that the exit code is the job's */
export async function waitForJob(
  ctx: Ctx,
  { id, skip }: ParsedParams<"job.wait">,
  host: Host,
): Promise<ResultOf<"job.wait">> {
  const ended = await replay(ctx, { id, skip, host, follow: true, each: (event) => passOn(ctx, event) });
  if (ended.state === "done") return await jobInfo(ctx, { id: ended.id }, host);
  throw endError(ended);
}

function passOn(ctx: Ctx, event: JobEvent): void {
  if (event.type === "progress") ctx.report.progress(event.event);
  else if (event.type === "warn") ctx.report.warn(event.text);
  else ctx.report.log(event.text);
}

function endError(record: JobRecord): SwError {
  if (record.state === "cancelled") return new SwError("CANCELLED", `job ${record.id} was cancelled`);
  if (record.state === "failed" && record.error) {
    const { code, message, hint } = record.error;
    const detail = { job: record.id, command: `swcli ${record.method.replace(".", " ")}` };
    return SwError.fromJSON({ code: isCode(code) ? code : "JOB_FAILED", message, hint, detail });
  }
  return new SwError("JOB_FAILED", `job ${record.id} was interrupted: ${record.error?.message ?? "its daemon ended"}`, {
    hint: "Repeat the command.",
  });
}

/** A record may be a newer build's. */
const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code);

/** Answers when it has ended. Cancelling what has ended changes nothing. */
export async function cancelJob(ctx: Ctx, { id }: { id: string }, host: Host): Promise<Row> {
  const record = await find(ctx, host, id);
  if (isEnded(record)) return rowOf(record);
  if (!host.jobs?.cancel(record.id)) await writeFile(cancelPath(ctx, record.id), "");
  return rowOf(await replay(ctx, { id: record.id, skip: 0, host, follow: true, each: () => {} }));
}

export async function removeJobs(
  ctx: Ctx,
  params: ParsedParams<"job.remove">,
  host: Host,
): Promise<{ removed: string[] }> {
  const named = await Promise.all(params.ids.map((id) => findRecord(ctx, id)));
  const ended = params.ended ? (await listJobs(ctx, host)).filter(isEnded) : [];
  const removed = [...new Set([...named, ...ended].map(({ id }) => id))];
  for (const id of removed) await remove(ctx, host, id);
  return { removed };
}

async function remove(ctx: Ctx, host: Host, id: string): Promise<void> {
  const record = await readRecord(ctx, id);
  if (record && !isEnded(await asItStands(ctx, host, record))) {
    throw new SwError("IN_USE", `job ${id} has not ended`, { hint: `Cancel it first: swcli job cancel ${id}` });
  }
  await removeRecord(ctx, id);
}
