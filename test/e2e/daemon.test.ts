/** The daemon's life: started by itself, one at a time, replaced, killed, left alone; and nobody notices but the clock. */
import { expect, test } from "bun:test";
import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { otherBuild } from "../helpers/other-build.ts";

const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";
const MINUTES = 60_000;

/** The words of a process's command line; none for one that has gone. */
const commandOf = async (pid: number): Promise<string[]> =>
  (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("the first command starts it; $(…) returns at once and no pipe stays open", async () => {
  await using home = await tempHome();
  const ran = await home.exec(["timeout", "10", "sh", "-c", 'x=$("$0" runtime list); echo "got:$x"', SWCLI_BIN]);
  expect(ran).toMatchObject({ exitCode: 0 });
  expect(ran.stdout).toContain("got:NAME");
  const status = await home.run(["daemon", "status", "-o", "json"]);
  expect(Object.keys(status.json).sort()).toEqual([
    "build",
    "pid",
    "root",
    "rss_bytes",
    "socket",
    "uptime_s",
    "version",
  ]);
  const links = await readdir(`/proc/${status.json.pid}/fd`);
  expect(links.length).toBeGreaterThan(0);
});

test(
  "twenty first commands at once start one daemon",
  async () => {
    await using home = await tempHome();
    const runs = await Promise.all(Array.from({ length: 20 }, () => home.run(["runtime", "list", "-o", "json"])));
    expect(runs.map((r) => r.exitCode)).toEqual(Array(20).fill(0));
    const log = await home.run(["daemon", "logs", "-o", "json"]);
    expect(log.json.lines.filter((line: string) => line.includes("listening"))).toHaveLength(1);
  },
  MINUTES,
);

test("an empty list is [] and an unknown root gets a daemon of its own", async () => {
  await using home = await tempHome();
  expect((await home.run(["runtime", "list", "-o", "json"])).json).toEqual([]);
  const other = await home.run(["daemon", "status", "-o", "json"], { env: { SW_LOCAL_STORAGE: `${home.dir}/other` } });
  expect(other.exitCode).toBe(3);
});

test(
  "kill -9 in the middle of a build: the client says so, the next daemon begins anew, nothing is left",
  async () => {
    await using home = await tempHome();
    const dir = await home.project({ "runtime.yaml": YAML.replace("six", "six\n      - flask\n      - sqlalchemy") });
    await home.run(["daemon", "start"]);
    const { pid } = (await home.run(["daemon", "status", "-o", "json"])).json;
    const build = home.spawn(["runtime", "build", "-nc"], { cwd: dir });
    while (!(await readdir(`${home.root}/.store/v1/ingest`).catch(() => [])).some((name) => name.startsWith("lock-")))
      await Bun.sleep(2);
    process.kill(pid, "SIGKILL");
    const lost = await build.result();
    expect(lost.exitCode).toBe(0);
    expect(lost.stderr).toContain("the daemon ended");
    const again = await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir });
    expect(again).toMatchObject({ exitCode: 0 });
    // The new one may be making what is prepared in the background; of the old one and its engine nothing is left.
    const commands = async () => await Promise.all((await home.processes()).map(commandOf));
    const engines = async () => (await commands()).filter((words) => words.some((word) => /(^|\/)uv$/.test(word)));
    for (let i = 0; i < 500 && (await engines()).length > 0; i++) await Bun.sleep(10);
    expect(await engines()).toEqual([]);
    expect((await commands()).filter((words) => words.includes("__daemon"))).toHaveLength(1);
  },
  3 * MINUTES,
);

test(
  "Ctrl-C of the client stops the work and its engine; nothing is published",
  async () => {
    await using home = await tempHome();
    const dir = await home.project({ "runtime.yaml": YAML.replace("six", "six\n      - flask\n      - sqlalchemy") });
    await home.run(["daemon", "start"]);
    const build = home.spawn(["runtime", "build", "-nc"], { cwd: dir });
    while (!(await readdir(`${home.root}/.store/v1/ingest`).catch(() => [])).some((name) => name.startsWith("lock-")))
      await Bun.sleep(2);
    process.kill(build.pid, "SIGINT");
    expect((await build.result()).exitCode).toBe(130);
    for (let i = 0; i < 300 && (await home.processes()).length > 1; i++) await Bun.sleep(10);
    expect(await home.processes()).toHaveLength(1);
    expect((await home.run(["runtime", "list", "-o", "json"])).json).toEqual([]);
  },
  2 * MINUTES,
);

test(
  "two equal builds at once do the work once and both see it",
  async () => {
    await using home = await tempHome();
    const dir = await home.project({ "runtime.yaml": YAML });
    await home.run(["daemon", "start"]);
    const runs = await Promise.all(
      [1, 2].map(() =>
        home.run(
          ["runtime", "build", "-v", "-nc", "-o", "json"].filter((a) => a !== "-v"),
          { cwd: dir },
        ),
      ),
    );
    expect(runs.map((r) => r.exitCode)).toEqual([0, 0]);
    expect(runs[0]?.json).toEqual(runs[1]?.json);
    for (const run of runs) expect(run.stderr).toContain("Resolving 1 requirement");
    expect((await home.run(["runtime", "history", "demo", "-o", "json"])).json).toHaveLength(1);
  },
  2 * MINUTES,
);

test(
  "ten shells activating the same new runtime at once make one environment",
  async () => {
    await using home = await tempHome();
    const dir = await home.project({ "runtime.yaml": YAML });
    await home.run(["runtime", "build", "--prepare", "no"], { cwd: dir });
    const runs = await Promise.all(
      Array.from({ length: 10 }, () =>
        home.run(["runtime", "activate", "demo"], {
          stdin: "python -c 'import six; print(42)'\n",
          env: { SHELL: "/bin/bash" },
        }),
      ),
    );
    expect(runs.map((r) => r.stdout)).toEqual(Array(10).fill("42\n"));
    expect((await readdir(`${home.root}/.envs`)).filter((name) => /^[0-9a-f]{32}-\d+$/.test(name))).toHaveLength(1);
  },
  2 * MINUTES,
);

test(
  "what an in-process run wrote is seen by the running daemon",
  async () => {
    await using home = await tempHome();
    const dir = await home.project({ "runtime.yaml": YAML });
    expect((await home.run(["runtime", "list", "-o", "json"])).json).toEqual([]);
    await home.run(["--no-daemon", "runtime", "build"], { cwd: dir });
    expect((await home.run(["runtime", "list", "-o", "json"])).json).toHaveLength(1);
  },
  2 * MINUTES,
);

test("stop ends it, also twice; restart gives a new one", async () => {
  await using home = await tempHome();
  await home.run(["daemon", "start"]);
  const { pid } = (await home.run(["daemon", "status", "-o", "json"])).json;
  const restarted = await home.run(["daemon", "restart", "-o", "json"]);
  expect(restarted.json.pid).not.toBe(pid);
  // A zombie that pid 1 has not collected yet still has its number.
  for (let i = 0; i < 500 && alive(pid); i++) await Bun.sleep(10);
  expect(alive(pid)).toBe(false);
  expect((await home.run(["daemon", "stop"])).exitCode).toBe(0);
  expect((await home.run(["daemon", "stop"])).exitCode).toBe(0);
  expect((await home.run(["daemon", "status"])).exitCode).toBe(3);
  expect(await home.processes()).toHaveLength(0);
});

test("an idle daemon leaves", async () => {
  await using home = await tempHome({ env: { SW_DAEMON_IDLE_SECONDS: "1" } });
  await home.run(["daemon", "start"]);
  for (let i = 0; i < 500 && (await home.processes()).length > 0; i++) await Bun.sleep(10);
  expect(await home.processes()).toHaveLength(0);
});

test("a daemon whose run dir was replaced by something else leaves", async () => {
  await using home = await tempHome({ env: { SW_DAEMON_IDLE_SECONDS: "2" } });
  const { json } = await home.run(["daemon", "start", "-o", "json"]);
  const run = dirname(json.socket);
  await rename(run, `${run}.moved`);
  await writeFile(run, "");
  for (let i = 0; i < 1500 && (await home.processes()).length > 0; i++) await Bun.sleep(10);
  expect(await home.processes()).toHaveLength(0);
}, 30_000);

test(
  "a command that reaches a daemon in the moment of its death goes to the next one",
  async () => {
    await using home = await tempHome();
    await home.run(["runtime", "list"]);
    const { json } = await home.run(["daemon", "status", "-o", "json"]);
    await home.run(["daemon", "stop"]);
    // As a process that was killed and not yet taken apart: it takes one connection and says nothing.
    let taken = 0;
    const dying = Bun.listen({
      unix: json.socket,
      socket: {
        data(socket) {
          taken++;
          dying.stop();
          socket.terminate();
        },
      },
    });
    expect(await home.run(["project", "create", "after"])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(taken).toBe(1);
  },
  MINUTES,
);

test(
  "a removed socket does not strand it: the next command gets a daemon",
  async () => {
    await using home = await tempHome();
    const { json } = await home.run(["daemon", "start", "-o", "json"]);
    await home.exec(["rm", json.socket]);
    process.kill(json.pid, "SIGTERM");
    expect((await home.run(["runtime", "list"])).exitCode).toBe(0);
  },
  MINUTES,
);

test("a run dir that others can enter is refused with its name", async () => {
  await using home = await tempHome();
  await mkdir(`${home.runDir}/swcli`, { mode: 0o777 });
  await chmod(`${home.runDir}/swcli`, 0o777);
  const failed = await home.run(["runtime", "list"]);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain("(RUN_DIR_UNSAFE)");
  expect(failed.stderr).toContain(`${home.runDir}/swcli`);
});

test("a symlink in the run dir's place is refused", async () => {
  await using home = await tempHome();
  await mkdir(`${home.dir}/elsewhere`, { mode: 0o700 });
  await symlink(`${home.dir}/elsewhere`, `${home.runDir}/swcli`);
  expect((await home.run(["runtime", "list"])).stderr).toContain("(RUN_DIR_UNSAFE)");
});

test("a very long XDG_RUNTIME_DIR falls back to a short path that works", async () => {
  await using home = await tempHome();
  const deep = `${home.dir}/${"d".repeat(60)}/${"e".repeat(60)}`;
  await mkdir(deep, { recursive: true, mode: 0o700 });
  const started = await home.run(["daemon", "start", "-o", "json"], { env: { XDG_RUNTIME_DIR: deep } });
  expect(started.exitCode).toBe(0);
  expect(started.json.socket.length).toBeLessThanOrEqual(100);
  // The choice is recorded: a shell with other variables finds the same daemon.
  const status = await home.run(["daemon", "status", "-o", "json"]);
  expect(status.json.pid).toBe(started.json.pid);
});

test("the run dir is private and the socket inside it", async () => {
  await using home = await tempHome();
  const { json } = await home.run(["daemon", "start", "-o", "json"]);
  const dir = await stat(json.socket.slice(0, json.socket.lastIndexOf("/")));
  expect(dir.mode & 0o777).toBe(0o700);
});

test(
  "another build is replaced: the old daemon retires, the command works",
  async () => {
    await using home = await tempHome();
    const { json: first } = await home.run(["daemon", "start", "-o", "json"]);
    const other = await otherBuild(home, first.build);
    const listed = await home.exec([other, "runtime", "list", "-o", "json"]);
    expect(listed).toMatchObject({ exitCode: 0 });
    const status = await home.exec([other, "daemon", "status", "-o", "json"]);
    expect(status.json.pid).not.toBe(first.pid);
    for (let i = 0; i < 500 && alive(first.pid); i++) await Bun.sleep(10);
    expect(alive(first.pid)).toBe(false);
  },
  MINUTES,
);
