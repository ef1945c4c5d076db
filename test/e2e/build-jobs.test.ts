/** Builds as jobs: those that resolve for real, watched or not; what is over in a moment is none and waits for nobody. */
import { expect, test } from "bun:test";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { killDaemon, untilState } from "./job-state.ts";
import { type SlowProject, slowProject } from "./slow-project.ts";

const MINUTES = 60_000;
const BUILD = ["runtime", "build", "--prepare", "no"];

const jobs = async (home: Home) => (await home.run(["-o", "json", "job", "list"])).json;

async function detach(home: Home, { options }: SlowProject): Promise<string> {
  const ran = await home.run(["-q", ...BUILD, "--detach"], options);
  expect(ran.stdout).toMatch(/^[0-9a-f]{12}\n$/);
  return ran.stdout.trim();
}

test(
  "a build that resolves is a job while it is watched: listed, with a log; one that needs no work is none",
  async () => {
    await using home = await tempHome();
    await using project = await slowProject(home, { delayMs: 500 });
    const build = home.spawn(BUILD, project.options);
    await project.asked();
    const [row, ...others] = await jobs(home);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ kind: "runtime.build", title: `build ${project.dir}`, state: "running" });
    expect((await build.result()).exitCode).toBe(0);
    await untilState(home, row.id, "done");
    const log = await home.run(["job", "logs", row.id]);
    expect(log.stdout).toMatch(/job running\n.*Resolving 1 requirement[\s\S]*job done\n$/);
    // From memory, and from the lock that was kept.
    for (const more of [[], ["-n", "other"]]) await home.run([...BUILD, ...more], project.options);
    await home.run(["daemon", "restart"]);
    expect((await home.run(BUILD, project.options)).stdout).toStartWith("unchanged");
    expect((await jobs(home)).map(({ id }: { id: string }) => id)).toEqual([row.id]);
  },
  MINUTES,
);

test(
  "two builds resolve at a time, watched ones too; what is resolved already waits for nobody",
  async () => {
    await using home = await tempHome();
    await using known = await slowProject(home, { delayMs: 0 });
    await home.run(BUILD, known.options);
    await using first = await slowProject(home, { delayMs: 20_000 });
    await using second = await slowProject(home, { delayMs: 20_000 });
    await using third = await slowProject(home, { delayMs: 0 });
    const ids = [await detach(home, first), await detach(home, second)];
    await Promise.all([first.asked(), second.asked()]);
    const waiting = home.spawn(BUILD, third.options);
    await waiting.said("Waiting for another environment build to end");
    expect((await home.run([...BUILD, "-n", "again"], known.options)).exitCode).toBe(0);
    expect((await jobs(home))[0]).toMatchObject({ title: `build ${third.dir}`, state: "queued" });
    expect(third.index.asked).toEqual([]);
    await home.run(["job", "cancel", ids[0] ?? ""]);
    expect((await waiting.result()).exitCode).toBe(0);
    await untilState(home, ids[1] ?? "", "running");
  },
  MINUTES,
);

test(
  "a daemon that is killed while it builds: the next one starts the build again, for who watches it and without",
  async () => {
    await using home = await tempHome();
    await using watched = await slowProject(home, { delayMs: 1500 });
    await using left = await slowProject(home, { delayMs: 1500 });
    const id = await detach(home, left);
    const build = home.spawn(BUILD, watched.options);
    await Promise.all([left.asked(), watched.asked()]);
    await killDaemon(home);
    const watching = await build.result();
    expect(watching.exitCode).toBe(0);
    expect(watching.stderr).toContain("warning: the daemon ended; the next one starts job ");
    expect((await home.run(["job", "wait", id])).exitCode).toBe(0);
    const rows = await jobs(home);
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      expect((await home.run(["job", "wait", row.id])).exitCode).toBe(0);
      expect((await home.run(["job", "logs", row.id])).stdout).toMatch(/start(s|ed) again.* \(1 of 2\)/);
    }
    expect((await home.run(["-o", "json", "runtime", "list"])).json).toHaveLength(2);
  },
  MINUTES,
);

test(
  "--detach of a build that somebody watches is the same job, and goes on when the watcher leaves",
  async () => {
    await using home = await tempHome();
    await using project = await slowProject(home, { delayMs: 1500 });
    const build = home.spawn(BUILD, project.options);
    await project.asked();
    const id = await detach(home, project);
    expect((await jobs(home)).map((row: { id: string }) => row.id)).toEqual([id]);
    build.kill("SIGKILL");
    expect((await home.run(["job", "wait", id])).exitCode).toBe(0);
  },
  MINUTES,
);

test(
  "Ctrl-C of one of two who watch a build leaves it to the other, and says so",
  async () => {
    await using home = await tempHome();
    await using project = await slowProject(home, { delayMs: 1500 });
    const [one, two] = [home.spawn(BUILD, project.options), home.spawn(BUILD, project.options)];
    await Promise.all([one.said("Resolving"), two.said("Resolving")]);
    one.kill("SIGINT");
    const left = await one.result();
    expect(left.exitCode).toBe(130);
    expect(left.stderr).toContain("others wait for it too, so it goes on");
    expect((await two.result()).exitCode).toBe(0);
  },
  MINUTES,
);

test(
  "Ctrl-C on a build that is watched cancels its job",
  async () => {
    await using home = await tempHome();
    await using project = await slowProject(home, { delayMs: 20_000 });
    const build = home.spawn(BUILD, project.options);
    await project.asked();
    build.kill("SIGINT");
    expect(await build.exited).toBe(130);
    expect(await jobs(home)).toMatchObject([{ state: "cancelled" }]);
  },
  MINUTES,
);

test(
  "remove refuses what has not ended, and forgets what has, by id or all of it",
  async () => {
    await using home = await tempHome();
    await using quick = await slowProject(home, { delayMs: 0 });
    await using slow = await slowProject(home, { delayMs: 20_000 });
    const ended: string[] = [];
    for (const name of ["a", "b", "c"]) {
      ended.push((await home.run(["-q", ...BUILD, "-n", name, "--detach"], quick.options)).stdout.trim());
      await home.run(["job", "wait", ended.at(-1) ?? ""]);
    }
    const running = await detach(home, slow);
    await slow.asked();
    const refused = await home.run(["job", "remove", running]);
    expect(refused.stderr).toContain(`Cancel it first: swcli job cancel ${running}`);
    expect(refused.exitCode).toBe(4);
    const first = ended[0] ?? "";
    expect((await home.run(["-o", "json", "job", "remove", first.slice(0, 6)])).json).toEqual({ removed: [first] });
    expect((await home.run(["job", "logs", first])).exitCode).toBe(3);
    expect(await Bun.file(`${home.root}/.store/v1/jobs/${first}/log`).exists()).toBe(false);
    const rest = (await home.run(["-o", "json", "job", "remove", "--ended"])).json;
    expect(rest.removed.sort()).toEqual(ended.slice(1).sort());
    expect(await jobs(home)).toMatchObject([{ id: running, state: "running" }]);
    await home.run(["job", "cancel", running]);
  },
  MINUTES,
);

bothModes((mode) => {
  test(
    "--prepare wait makes the environment in the same job, where there are jobs",
    async () => {
      await using home = await tempHome({ mode });
      await using project = await slowProject(home, { delayMs: 0 });
      await home.run(BUILD, project.options);
      const built = await home.run(["runtime", "build", "--prepare", "wait"], project.options);
      expect(built.exitCode).toBe(0);
      expect(await jobs(home)).toHaveLength(mode === "daemon" ? 2 : 0);
    },
    MINUTES,
  );
});

test(
  "a build of what was changed while it is built is another build, and an unchanged one joins",
  async () => {
    await using home = await tempHome();
    await using project = await slowProject(home, { delayMs: 0 });
    const yaml = `${project.dir}/runtime.yaml`;
    const text = `${await Bun.file(yaml).text()}  - files: [{ src: files, dest: files }]\n`.replace(
      "[{pip: [revpkg]}]",
      "\n  - pip: [revpkg]",
    );
    await home.write(yaml, text);
    await home.write(`${project.dir}/files/deep/a.txt`, "a");
    await using slow = await slowProject(home, { delayMs: 20_000 });
    await home.write(yaml, text.replace(project.index.url, slow.index.url));
    const first = await detach(home, project);
    await slow.asked();
    expect(await detach(home, project)).toBe(first);
    await home.write(`${project.dir}/files/deep/a.txt`, "b");
    const second = await detach(home, project);
    expect(second).not.toBe(first);
    expect(await detach(home, project)).toBe(second);
    // Two are built at a time.
    await home.run(["job", "cancel", first]);
    await home.write(yaml, text.replace("name: demo", "name: changed"));
    const watched = await home.run(["-o", "json", ...BUILD], project.options);
    expect(watched.json).toMatchObject({ name: "changed" });
  },
  MINUTES,
);

test(
  "a build from an environment into which somebody has installed meanwhile is another build",
  async () => {
    await using home = await tempHome();
    await using slow = await slowProject(home, { delayMs: 20_000 });
    const venv = `${home.dir}/venv`;
    await home.exec(["python3", "-m", "venv", "--without-pip", venv]);
    const [site] = [...new Bun.Glob("lib/python3.*/site-packages").scanSync({ cwd: venv, onlyFiles: false })];
    const install = async (name: string) =>
      await home.write(
        `${venv}/${site}/${name}-1.0.dist-info/METADATA`,
        `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
      );
    await install("revpkg");
    const env = { ...slow.options.env, PIP_INDEX_URL: slow.index.url };
    const build = ["runtime", "build", "--venv", venv, "-n", "demo", "--prepare", "no", "--detach"];
    const detached = async () => (await home.run(["-o", "json", ...build], { env })).json.id;
    const first = await detached();
    await slow.asked();
    expect(await detached()).toBe(first);
    await install("another");
    expect(await detached()).not.toBe(first);
  },
  MINUTES,
);
