import { expect, test } from "bun:test";
import { readdirSync, utimesSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { silentReport } from "#core/report.ts";
import { eventText, JobLog, openJobLog, readJobLog } from "#daemon/jobs/job-log.ts";
import { leaveNote } from "#daemon/jobs/notes.ts";
import { storeHome } from "../../core/store/store-home.ts";

test("a log is gone on with, read from any place, without passwords and without lines cut off by a death", async () => {
  await using home = await storeHome();
  const dir = `${home.dir}/job`;
  for (const words of ["one https://u:secret@h/x", "two"]) {
    const log = openJobLog(dir, silentReport);
    log.report.log(words);
    log.close();
  }
  await appendFile(`${dir}/log`, '{"at":1,"type":"log","te');
  const all = await readJobLog(dir, 0);
  expect(all.events.map(eventText)).toEqual(["one https://u:***@h/x", "two"]);
  expect((await readJobLog(dir, all.next)).events).toEqual([]);
  expect((await readJobLog(`${home.dir}/none`, 0)).events).toEqual([]);
});

test("a runaway job fills its log to the cap and no further, and how it ended is there all the same", async () => {
  await using home = await storeHome();
  for (const end of ["interrupted", "done"]) {
    const log = openJobLog(home.dir, silentReport);
    for (let i = 0; i < 200; i++) log.report.log("x".repeat(64 * 1024));
    log.state(end);
    log.close();
  }
  expect(Bun.file(`${home.dir}/log`).size).toBeLessThan(8.2 * 1024 * 1024);
  const { events } = await readJobLog(home.dir, 0);
  expect(events.filter(({ type }) => type === "state").map(eventText)).toEqual(["interrupted", "done"]);
  expect(events.slice(-2).map(eventText)).toEqual([expect.stringContaining("the log is full"), "done"]);
});

test("what is said before a log is opened is its beginning, and opening it again changes nothing", async () => {
  await using home = await storeHome();
  const said: string[] = [];
  const log = new JobLog({ ...silentReport, log: (text) => said.push(text) });
  log.report.log("early");
  for (const _ of [1, 2]) log.open(home.dir);
  log.report.log("late");
  log.close();
  expect((await readJobLog(home.dir, 0)).events.map(eventText)).toEqual(["early", "late"]);
  expect(said).toEqual(["early", "late"]);
});

test("counting does not fill the log: a step is written when its words change", async () => {
  await using home = await storeHome();
  const log = openJobLog(home.dir, silentReport);
  for (let done = 0; done < 100; done++) log.report.progress({ step: "push", text: "Pushing", done, total: 100 });
  log.close();
  expect((await readJobLog(home.dir, 0)).events).toHaveLength(1);
});

test("a note is left for a shell, and its words can't act on the terminal", async () => {
  await using home = await storeHome();
  const job = { id: "0123456789ab", title: "dockerize a\x1b[31m", state: "done" as const };
  leaveNote(home.ctx, "42", job);
  leaveNote(home.ctx, "../../x", job);
  leaveNote(home.ctx, undefined, job);
  expect(await Bun.file(`${home.ctx.paths.jobs}/notes/42`).text()).toBe(
    "swcli: job 0123456789ab (dockerize a?[31m) done\n",
  );
});

test("notes that were read are taken away with the next one, and so are those of shells that are long gone", async () => {
  await using home = await storeHome();
  const folder = `${home.ctx.paths.jobs}/notes`;
  const job = { id: "0123456789ab", title: "build", state: "done" as const };
  // Larger than any pid.
  const [read, gone, waiting, long] = ["11", "99999999", "99999998", String(process.pid)];
  for (const shell of [read, gone, waiting, long]) leaveNote(home.ctx, shell, job);
  await Bun.write(`${folder}/${read}`, "");
  const before = new Date(Date.now() - 48 * 3_600_000);
  for (const shell of [gone, long]) utimesSync(`${folder}/${shell}`, before, before);
  leaveNote(home.ctx, "12", job);
  expect(readdirSync(folder).sort()).toEqual(["12", waiting, long].sort());
});

test("a note that can't be written does not undo the job", async () => {
  await using home = await storeHome();
  await Bun.write(`${home.ctx.paths.jobs}/notes`, "a file is in the way");
  const job = { id: "0123456789ab", title: "build", state: "done" as const };
  expect(() => leaveNote(home.ctx, "42", job)).not.toThrow();
});
