/** Jobs whose folders can't be written, of many that have ended which stay, and what is said of interruptions. */
import { expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { SwError } from "#core/errors.ts";
import { storePaths } from "#core/platform/paths.ts";
import { createHost } from "#daemon/host.ts";
import { eventText, readJobLog } from "#daemon/jobs/job-log.ts";
import { Jobs } from "#daemon/jobs/jobs.ts";
import { JOB_FORMAT, type JobRecord, jobDir, listRecords, readRecord, writeJob } from "#daemon/jobs/record.ts";
import { cancelJob, jobInfo, jobLogs, listJobs, removeJobs, waitForJob } from "#daemon/jobs/serve-jobs.ts";
import { Slots } from "#daemon/jobs/slots.ts";
import { Operations } from "#daemon/ops/operation.ts";
import { storeHome } from "../../core/store/store-home.ts";

const CALL = { params: { uri: "demo" }, client: { cwd: "/", env: {} } };
const METHOD = "runtime.dockerize";

type Perform = (signal: AbortSignal) => Promise<unknown>;

/** The jobs of a daemon on a store of its own; `lose` takes the disk away from them, not from who reads. */
async function daemonJobs(perform: Perform) {
  const home = await storeHome();
  const { root } = home;
  // A wait without end fails, and ends with the test.
  const ctx = { ...home.ctx, signal: AbortSignal.timeout(10_000) };
  let paths = ctx.paths;
  const jobs = new Jobs({
    get paths() {
      return paths;
    },
    operations: new Operations(),
    slots: new Slots(() => paths.locks),
    limits: async () => ({ image: 1, environment: 2 }),
    perform: async ({ signal }) => await perform(signal),
    settle: async (_, call) => call,
    hasChanged: async () => false,
  });
  const host = { ...createHost({ root, locks: paths.locks, longLived: true, background() {} }), jobs };
  const lose = () => {
    paths = storePaths("/dev/null/none");
  };
  const find = () => {
    paths = ctx.paths;
  };
  return { home, ctx, jobs, host, lose, find, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

const record = (id: string, more: Partial<JobRecord> = {}): JobRecord => ({
  ...{ format: JOB_FORMAT, id, method: METHOD, title: "dockerize demo", state: "running", created_at: 1 },
  ...{ started_at: null, ended_at: null, interruptions: 0, owner: { pid: 1, started: "long ago" }, error: null },
  ...more,
});

test("a job whose end can't be written is interrupted: nobody waits for ever, and it can be removed", async () => {
  const gate = Promise.withResolvers<string>();
  await using daemon = await daemonJobs(() => gate.promise);
  const { ctx, host, jobs } = daemon;
  const { id, operation } = await jobs.start(METHOD, CALL, true);
  const waiting = waitForJob(ctx, { id, skip: 0 }, host);
  const following = jobLogs(ctx, { id, skip: 0, follow: true }, host);
  while ((await jobInfo(ctx, { id }, host)).state !== "running") await Bun.sleep(5);
  daemon.lose();
  gate.resolve("an image");
  // What was done is done, whatever is known of it later.
  expect(await operation.flight.result).toBe("an image");
  await expect(waiting).rejects.toMatchObject({ code: "JOB_FAILED" });
  expect((await following).state).toBe("interrupted");
  daemon.find();
  expect((await readRecord(ctx, id))?.state).toBe("running");
  expect((await listJobs(ctx, host)).map(({ state }) => state)).toEqual(["interrupted"]);
  expect((await cancelJob(ctx, { id }, host)).state).toBe("interrupted");
  expect(await removeJobs(ctx, { ids: [], ended: true }, host)).toEqual({ removed: [id] });
});

test("a job that fails says why, also where its end can't be written", async () => {
  await using daemon = await daemonJobs(async () => {
    daemon.lose();
    throw new SwError("IMAGE_FAILED", "no base image");
  });
  const { operation } = await daemon.jobs.start(METHOD, CALL, true);
  await expect(operation.flight.result).rejects.toMatchObject({ code: "IMAGE_FAILED", message: "no base image" });
});

test("who waits for a job that was asked for wrongly is told of which command", async () => {
  await using daemon = await daemonJobs(async () => {
    throw new SwError("USAGE", "docker's own driver makes one platform at a time");
  });
  const { ctx, host, jobs } = daemon;
  const { id } = await jobs.start(METHOD, CALL, true);
  const detail = { job: id, command: "swcli runtime dockerize" };
  await expect(waitForJob(ctx, { id, skip: 0 }, host)).rejects.toMatchObject({ code: "USAGE", detail });
});

test("who waits for a job that somebody removes is told so", async () => {
  await using daemon = await daemonJobs(async () => "an image");
  const { ctx, host, jobs } = daemon;
  const { id, operation } = await jobs.start(METHOD, CALL, true);
  await operation.flight.result;
  await removeJobs(ctx, { ids: [id], ended: false }, host);
  await expect(waitForJob(ctx, { id, skip: 0 }, host)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
});

test("one job that can't be taken up keeps no other from going on", async () => {
  await using daemon = await daemonJobs(async () => "an image");
  const { ctx, host, jobs } = daemon;
  for (const id of ["aaaaaaaaaaaa", "bbbbbbbbbbbb"]) await writeJob(ctx, record(id), CALL);
  await mkdir(`${jobDir(ctx, "aaaaaaaaaaaa")}/log`);
  await jobs.recover();
  await waitForJob(ctx, { id: "bbbbbbbbbbbb", skip: 0 }, host);
  const states = (await listJobs(ctx, host)).map(({ id, state }) => [id, state]);
  expect(Object.fromEntries(states)).toEqual({ aaaaaaaaaaaa: "interrupted", bbbbbbbbbbbb: "done" });
});

test("each interruption is in the log, also the one after which it is not started again", async () => {
  await using daemon = await daemonJobs(async () => "an image");
  const { ctx, jobs } = daemon;
  await writeJob(ctx, record("aaaaaaaaaaaa", { interruptions: 2 }), CALL);
  await jobs.recover();
  expect((await readRecord(ctx, "aaaaaaaaaaaa"))?.state).toBe("interrupted");
  const { events } = await readJobLog(jobDir(ctx, "aaaaaaaaaaaa"), 0);
  expect(events.map(eventText)).toEqual(["interrupted: the daemon ended; not started again"]);
});

test("of the jobs that have ended the last 200 stay, however long the daemon lives", async () => {
  await using daemon = await daemonJobs(async () => "an image");
  const { ctx, jobs } = daemon;
  const old = Array.from({ length: 203 }, (_, i) => record(`${100_000_000_000 + i}`, { state: "done", created_at: i }));
  await Promise.all(old.map((one) => writeJob(ctx, one, CALL)));
  const { id, operation } = await jobs.start(METHOD, CALL, true);
  await operation.flight.result;
  for (let tries = 0; tries < 400 && (await listRecords(ctx)).length > 200; tries++) await Bun.sleep(10);
  const ids = (await listRecords(ctx)).map((one) => one.id);
  expect(ids).toHaveLength(200);
  expect([ids[0], ids.at(-1)]).toEqual([id, `${100_000_000_004}`]);
});
