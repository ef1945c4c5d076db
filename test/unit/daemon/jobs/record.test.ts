import { expect, test } from "bun:test";
import { copyFile, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import {
  dropCall,
  findRecord,
  isEnded,
  isOwned,
  JOB_FORMAT,
  type JobRecord,
  jobDir,
  listRecords,
  ownIdentity,
  readCall,
  readRecord,
  removeRecord,
  writeJob,
  writeRecord,
} from "#daemon/jobs/record.ts";
import { type StoreHome, storeHome } from "../../core/store/store-home.ts";

const record = (id: string, more: Partial<JobRecord> = {}): JobRecord => ({
  ...{ format: JOB_FORMAT, id, method: "runtime.build", title: "build", state: "running", created_at: 1 },
  ...{ started_at: null, ended_at: null, interruptions: 0, owner: ownIdentity(), error: null },
  ...more,
});
const ID = "0123456789ab";
const put = async ({ ctx }: StoreHome, ...records: JobRecord[]) =>
  await Promise.all(records.map((one) => writeRecord(ctx, one)));
const CALL = { params: { uri: "demo" }, client: { cwd: "/w", env: { TOKEN: "s3cret" } } };

test("what is written is read again, fields of a newer build too, and nobody else may read it", async () => {
  await using home = await storeHome();
  const one = record(ID, { error: { code: "USAGE", message: "m", more: 1 }, result: { a: 1 }, newer: "field" });
  await writeJob(home.ctx, one, CALL);
  expect(await readRecord(home.ctx, ID)).toEqual(one);
  expect(await readCall(home.ctx, ID)).toEqual(CALL);
  const names = ["job.json", "call.json"];
  const modes = await Promise.all(
    names.map(async (name) => (await stat(`${jobDir(home.ctx, ID)}/${name}`)).mode & 0o777),
  );
  expect(modes).toEqual([0o600, 0o600]);
});

test("of many writers at once one has the last word, whole, and nothing stays beside it", async () => {
  await using home = await storeHome();
  const states = Array.from({ length: 30 }, (_, i) => record(ID, { title: "x".repeat(i * 1000) }));
  const reads = states.map(async () => expect((await readRecord(home.ctx, ID))?.id ?? ID).toBe(ID));
  await Promise.all([put(home, ...states), ...reads]);
  const last = await readRecord(home.ctx, ID);
  expect(states.map(({ title }) => title)).toContain(last?.title ?? "none");
  expect(await readdir(jobDir(home.ctx, ID))).toEqual(["job.json"]);
});

test("the environment of a call is dropped with its end, and dropping twice is fine", async () => {
  await using home = await storeHome();
  await writeJob(home.ctx, record(ID), CALL);
  for (const _ of [1, 2]) await dropCall(home.ctx, ID);
  expect(await readCall(home.ctx, ID)).toBeUndefined();
  expect((await home.stored()).join()).not.toContain("s3cret");
});

test.each(["", "{", "null", "[]", '{"id":"0123456789ab"}'])(
  "a record or a call that reads %p is none, and hides no other",
  async (text) => {
    await using home = await storeHome();
    await put(home, record(ID), record("ba9876543210"));
    await writeFile(`${jobDir(home.ctx, ID)}/job.json`, text);
    await writeFile(`${jobDir(home.ctx, ID)}/call.json`, text);
    expect(await readRecord(home.ctx, ID)).toBeUndefined();
    expect(await readCall(home.ctx, ID)).toBeUndefined();
    expect((await listRecords(home.ctx)).map(({ id }) => id)).toEqual(["ba9876543210"]);
  },
);

test("the list is newest first, of jobs alone; without a folder there are none", async () => {
  await using home = await storeHome();
  expect(await listRecords(home.ctx)).toEqual([]);
  await put(
    home,
    record("aaaaaaaaaaaa", { created_at: 2 }),
    record("bbbbbbbbbbbb", { created_at: 3 }),
    record("cccccccccccc"),
  );
  for (const other of ["notes", "AAAAAAAAAAAA", "aaaaaaaaaaaa.x", "dddddddddddd"])
    await mkdir(`${home.ctx.paths.jobs}/${other}`);
  await copyFile(`${jobDir(home.ctx, "aaaaaaaaaaaa")}/job.json`, `${home.ctx.paths.jobs}/aaaaaaaaaaaa.x/job.json`);
  expect((await listRecords(home.ctx)).map(({ id }) => id[0])).toEqual(["b", "a", "c"]);
  await removeRecord(home.ctx, "bbbbbbbbbbbb");
  await removeRecord(home.ctx, "bbbbbbbbbbbb");
  expect((await listRecords(home.ctx)).map(({ id }) => id[0])).toEqual(["a", "c"]);
});

test("a job is found by its id or a beginning of four letters that is its own", async () => {
  await using home = await storeHome();
  const [one, two] = [record("abcd00000001"), record("abcd10000001")];
  await put(home, one, two);
  expect(await findRecord(home.ctx, "abcd00000001")).toEqual(one);
  expect((await findRecord(home.ctx, "abcd1")).id).toBe(two.id);
  const ambiguous = { code: "AMBIGUOUS", message: expect.stringContaining("abcd00000001") };
  await expect(findRecord(home.ctx, "abcd")).rejects.toMatchObject(ambiguous);
  for (const text of ["", "abc", "ffff", "abcd00000002", "../jobs/abcd00000001", "ABCD0"])
    await expect(findRecord(home.ctx, text)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
});

test("a folder without a record is no job that a beginning could mean", async () => {
  await using home = await storeHome();
  await put(home, record(ID));
  await mkdir(jobDir(home.ctx, "0123456789ac"));
  expect((await findRecord(home.ctx, "0123")).id).toBe(ID);
});

test("a job belongs to a process that lives, not to another that has its number now", async () => {
  const own = record(ID);
  expect(isOwned(own)).toBe(true);
  expect(isOwned({ ...own, owner: { ...own.owner, started: "1" } })).toBe(false);
  const child = Bun.spawn(["true"]);
  await child.exited;
  expect(isOwned({ ...own, owner: { pid: child.pid, started: own.owner.started } })).toBe(false);
});

test("queued and running are the states of a job that has not ended", () => {
  const states = ["queued", "running", "done", "failed", "cancelled", "interrupted"] as const;
  expect(states.filter((state) => !isEnded({ state }))).toEqual(["queued", "running"]);
});
