/**
 * The first activation makes the environment: with progress, once however many ask, again after a failure, never half.
 * uv is wrapped by a script that counts, fails or waits on request.
 */
import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { startChild } from "../helpers/child.ts";
import { bothModes, type Home, type Mode, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsLinux, needsProgram, testWith } from "../helpers/needs.ts";
import { activateIn, buildRuntime, MINUTES, openTerminal } from "./activated.ts";

// Waits and fails where the prefix is half made. The parent of an engine is the process that makes the environment.
const UV = `#!/bin/sh
case " $* " in
*" venv "*) echo "$PPID" >>"$HOME/made";;
*" pip "*)
  while [ -e "$HOME/wait" ]; do echo >"$HOME/waits"; sleep 0.05; done
  if [ -e "$HOME/fail" ]; then echo half >"$(ls -d "$SW_LOCAL_STORAGE"/.envs/*-*/bin | tail -n 1)/half"; echo "error: no luck today" >&2; exit 2; fi;;
esac
exec "$REAL_UV" "$@"
`;

/** A home with the runtime `demo` that has no environment, in which uv is ours. */
async function wrapped(mode: Mode): Promise<Home> {
  const env: Record<string, string> = { REAL_UV: "", SWCLI_UV: "" };
  const home = await tempHome({ mode });
  await buildRuntime(home, "demo", { prepare: "no" });
  const tools = `${home.root}/.store/v1/tools`;
  const uv = readdirSync(tools, { recursive: true })
    .map(String)
    .find((path) => /(^|\/)uv$/.test(path));
  env.REAL_UV = `${tools}/${uv}`;
  env.SWCLI_UV = await home.write("uv-wrapper", UV, 0o755);
  await home.run(["daemon", "stop"]);
  Object.assign(home.env, env);
  return home;
}

const made = async (home: Home) => (await readFile(`${home.dir}/made`, "utf8")).trim().split("\n").map(Number);
const markers = (home: Home) =>
  existsSync(`${home.root}/.envs`) ? readdirSync(`${home.root}/.envs`).filter((name) => name.endsWith(".json")) : [];

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 3000 && !what(); tries++) await Bun.sleep(20);
  expect(what()).toBe(true);
}

bothModes((mode) => {
  test(
    "where there is no terminal each step is a line on stderr, and stdout is the shell's alone",
    async () => {
      await using home = await wrapped(mode);
      const first = await activateIn(home, "bash", "command -v python\n");
      expect(first.exitCode).toBe(0);
      expect(first.stdout).toMatch(/^\/.*-1\/bin\/python\n$/);
      expect(first.stderr).toMatch(/^Making a Python 3\.11\.\d+ environment\nInstalling 1 package\n/);
      const second = await activateIn(home, "bash", "command -v python\n");
      expect(second).toMatchObject({ stdout: first.stdout, stderr: "" });
      expect(await made(home)).toHaveLength(1);
    },
    2 * MINUTES,
  );

  test(
    "an environment that could not be made is not entered, and the next activation makes it anew",
    async () => {
      await using home = await wrapped(mode);
      await home.write("fail", "");
      for (const times of [1, 2]) {
        const failed = await activateIn(home, "bash", "echo inside\n");
        expect(failed).toMatchObject({ exitCode: 1, stdout: "" });
        expect(failed.stderr).toContain("no luck today");
        expect(failed.stderr).toContain("(ENV_BUILD_FAILED)");
        expect(markers(home)).toEqual([]);
        expect(await made(home)).toHaveLength(times);
      }
      await rm(`${home.dir}/fail`);
      const ran = await activateIn(home, "bash", 'python -c "import six"; ls "$VIRTUAL_ENV/bin/half"\n');
      expect(ran.stdout).toBe("");
      expect(ran.stderr).toContain("half");
      expect(markers(home)).toHaveLength(1);
    },
    2 * MINUTES,
  );

  testWith(needsProgram("script"), needsLinux())(
    "Ctrl-C during the first activation gives the prompt back, leaves no process, and the next one works",
    async () => {
      await using home = await wrapped(mode);
      await home.write("wait", "");
      const terminal = openTerminal(home, ["bash", "--norc", "-i"]);
      terminal.type('"$SW" runtime activate demo; echo "code <$?>"\n');
      await until(() => existsSync(`${home.dir}/waits`));
      terminal.type("\x03");
      await terminal.sees("code <130>");
      expect(markers(home)).toEqual([]);
      const left = async () => {
        const pids = await home.processes();
        const all = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
        return all.filter((words) => words.includes("uv-wrapper"));
      };
      for (let tries = 0; tries < 100 && (await left()).length > 0; tries++) await Bun.sleep(50);
      expect(await left()).toEqual([]);
      await rm(`${home.dir}/wait`);
      terminal.type('"$SW" runtime activate demo\n');
      await terminal.sees("(demo) ");
      terminal.type("python -c 'import six'; exit\nexit $?\n");
      expect(await terminal.exited).toBe(0);
      expect(markers(home)).toHaveLength(1);
    },
    2 * MINUTES,
  );

  const COUNT = 50;
  const SAY = "python -c 'import six, sys; print(sys.prefix)'\n";
  const startAll = (home: Home) =>
    Array.from({ length: COUNT }, () =>
      startChild([SWCLI_BIN, "runtime", "activate", "demo"], {
        cwd: home.dir,
        env: { ...home.env, SHELL: "/bin/sh" },
        stdin: SAY,
      }),
    );

  test(
    `${COUNT} at once make one environment: all wait with progress, all succeed`,
    async () => {
      await using home = await wrapped(mode);
      await home.write("wait", "");
      const all = startAll(home);
      await Promise.all(all.map((one) => one.said(/Making a Python|Waiting for another process/, MINUTES)));
      await rm(`${home.dir}/wait`);
      const results = await Promise.all(all.map((one) => one.result()));
      expect(results.map(({ exitCode }) => exitCode)).toEqual(all.map(() => 0));
      expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
      expect(results[0]?.stdout).toMatch(/-1\n$/);
      expect(await made(home)).toHaveLength(1);
    },
    3 * MINUTES,
  );

  test(
    `when the process that makes it for ${COUNT} is killed, another takes over and what was half made is not used`,
    async () => {
      await using home = await wrapped(mode);
      await home.write("wait", "");
      const all = startAll(home);
      await Promise.all(all.map((one) => one.said(/Making a Python|Waiting for another process/, MINUTES)));
      await until(() => existsSync(`${home.dir}/waits`));
      const [maker = 0] = await made(home);
      process.kill(maker, "SIGKILL");
      await rm(`${home.dir}/wait`);
      const others = all.filter((one) => one.pid !== maker);
      expect(others).toHaveLength(mode === "daemon" ? COUNT : COUNT - 1);
      const results = await Promise.all(others.map((one) => one.result()));
      expect(results.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
      expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
      expect(await made(home)).toHaveLength(2);
      expect(markers(home)).toHaveLength(1);
    },
    3 * MINUTES,
  );
});
