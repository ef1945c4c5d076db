/** Who follows a job does so to its end, whichever daemon works on it; who loses a daemon is told what becomes of the job. */
import { expect, test } from "bun:test";
import { type Home, tempHome } from "../helpers/home.ts";
import { killDaemon, untilState } from "./job-state.ts";
import { type SlowProject, slowProject } from "./slow-project.ts";

const MINUTES = 60_000;
const BUILD = ["runtime", "build", "--prepare", "no"];

const jobs = async (home: Home): Promise<{ id: string }[]> => (await home.run(["-o", "json", "job", "list"])).json;

async function detach(home: Home, { options }: SlowProject): Promise<string> {
  return (await home.run(["-q", ...BUILD, "--detach"], options)).stdout.trim();
}

const count = (text: string, words: string) => text.split(words).length - 1;

test(
  "logs -f shows a running job to its end, also over the daemon's death, and each line once",
  async () => {
    await using home = await tempHome();
    await using project = await slowProject(home, { delayMs: 1500 });
    const id = await detach(home, project);
    const following = home.spawn(["job", "logs", "-f", id]);
    await following.said("Resolving 1 requirement");
    await killDaemon(home);
    const shown = await following.result();
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout.trimEnd()).toEndWith("job done");
    expect(count(shown.stdout, "started again (1 of 2)")).toBe(1);
    expect(shown.stdout).toBe((await home.run(["job", "logs", id])).stdout);
  },
  MINUTES,
);

test(
  "job wait goes on when the daemon dies, however often the job is started again, and ends as the job does",
  async () => {
    await using home = await tempHome();
    await using project = await slowProject(home, { delayMs: 3000 });
    const id = await detach(home, project);
    const waiting = home.spawn(["-v", "job", "wait", id]);
    for (const again of ["started again (1 of 2)", "started again (2 of 2)"]) {
      await untilState(home, id, "running");
      await killDaemon(home);
      await waiting.said(again);
    }
    const waited = await waiting.result();
    expect(waited).toMatchObject({ exitCode: 0, stdout: `job ${id} done (restarted 2)\n` });
    expect(count(waited.stderr, "started again (1 of 2)")).toBe(1);
  },
  MINUTES,
);

test(
  "who watches a job sees it started again when its daemon dies, and the same command joins it meanwhile",
  async () => {
    await using home = await tempHome();
    await using project = await slowProject(home, { delayMs: 1500 });
    const build = home.spawn(BUILD, project.options);
    await project.asked();
    const [job] = await jobs(home);
    await killDaemon(home);
    await build.said(`warning: the daemon ended; the next one starts job ${job?.id} again`);
    const joined = await home.run(BUILD, project.options);
    const watched = await build.result();
    expect([watched.exitCode, joined.exitCode]).toEqual([0, 0]);
    expect(watched.stdout).toBe(joined.stdout);
    expect(await jobs(home)).toMatchObject([{ id: job?.id, state: "done", interruptions: 1 }]);
  },
  MINUTES,
);

test(
  "a job that dies with its daemon and with who watched it is not done unasked",
  async () => {
    await using home = await tempHome();
    await using project = await slowProject(home, { delayMs: 1500 });
    const build = home.spawn(BUILD, project.options);
    await project.asked();
    const [job] = await jobs(home);
    const asked = project.index.asked.length;
    // A daemon that outlives its client would cancel.
    build.kill("SIGSTOP");
    await killDaemon(home);
    build.kill("SIGKILL");
    const waited = await home.run(["job", "wait", job?.id ?? ""]);
    expect(waited.stderr).toContain("nobody came back for it");
    expect(waited.exitCode).toBe(1);
    expect(await jobs(home)).toMatchObject([{ id: job?.id, state: "interrupted" }]);
    expect(project.index.asked.length).toBe(asked);
  },
  MINUTES,
);

test(
  "a daemon that is stopped says so to who watches or waits, who start no other; what is detached goes on with the next",
  async () => {
    await using home = await tempHome();
    await using watched = await slowProject(home, { delayMs: 1500 });
    await using left = await slowProject(home, { delayMs: 1500 });
    const id = await detach(home, left);
    const build = home.spawn(BUILD, watched.options);
    const waiting = home.spawn(["job", "wait", id]);
    await Promise.all([watched.asked(), left.asked(), waiting.said("Resolving 1 requirement")]);
    expect((await home.run(["daemon", "stop"])).exitCode).toBe(0);
    for (const { exitCode, stderr } of await Promise.all([build.result(), waiting.result()])) {
      expect(stderr).toContain("the daemon was stopped before the work was done");
      expect(exitCode).toBe(130);
    }
    expect((await home.run(["daemon", "status"])).exitCode).toBe(3);
    expect((await home.run(["job", "wait", id])).exitCode).toBe(0);
    const rows = await jobs(home);
    expect(rows.filter((row) => row.id !== id)).toMatchObject([
      { state: "interrupted", error: { message: "the daemon was stopped" } },
    ]);
  },
  MINUTES,
);
