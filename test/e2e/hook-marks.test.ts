/** Who is in an environment: a hooked shell that has left says so at its next prompt, and never while it is in there. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsLinux, needsProgram, testWith } from "../helpers/needs.ts";
import { buildRuntime, MINUTES, QUIET } from "./activated.ts";
import { openTmux } from "./tmux.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** Says so instead of asking the binary. */
const NO_BINARY: Record<Shell, string> = {
  bash: "_swrt_bin() { echo ASKED >&2; return 1; }",
  zsh: "_swrt_bin() { echo ASKED >&2; return 1; }",
  fish: "function _swrt_bin; echo ASKED >&2; return 1; end",
};
const PID: Record<Shell, string> = { bash: "$$", zsh: "$$", fish: "$fish_pid" };

const info = (name: string) => `"$SW" env info ${name} -o json | tr -d '\\n'; echo`;

bothModes((mode) => {
  let home: Home;
  beforeAll(async () => {
    home = await tempHome({ mode, env: { SW: SWCLI_BIN } });
    await buildRuntime(home, "demo");
    await buildRuntime(home, "other", { six: "1.16.0" });
    const envs = `${home.root}/.envs`;
    const isSettled = () =>
      readdirSync(envs).every((name) => !/-1$/.test(name) || existsSync(`${envs}/${name}/.swcli/seen/site`));
    for (let tries = 0; tries < 300 && !isSettled(); tries++) await Bun.sleep(100);
  }, 2 * MINUTES);
  afterAll(async () => await home[Symbol.asyncDispose]());

  for (const shell of SHELLS) {
    describe(shell, () => {
      const it = testWith(needsProgram(shell), needsLinux());

      /** The lines with `info` behind them say whether the shell itself is in there; `_swrt_note` is what a prompt calls. */
      const inThere = async (script: string) => {
        const hook = (await home.run(["shell", "init", shell])).stdout;
        const file = await home.write(`script.${shell}`, `${hook}\necho ${PID[shell]}\n${script}\n`);
        const ran = await home.exec([shell, ...QUIET[shell], file]);
        expect(ran.stderr).toBe("");
        const [pid, ...lines] = ran.stdout.trim().split("\n");
        return lines.map((line) => (JSON.parse(line).pids as number[]).includes(Number(pid)));
      };

      it("left and at the prompt it does not count any more, entered again it does, also without asking", async () => {
        await inThere("swcli runtime activate demo");
        const on = "swcli runtime activate demo";
        const shown = `${info("demo")}\n`;
        expect(await inThere(`${on}\n${shown}deactivate\n${shown}_swrt_note\n${shown}${on}\n${shown}`)).toEqual([
          true,
          true,
          false,
          true,
        ]);
        const known = `${on}; deactivate\n_swrt_note\n${NO_BINARY[shell]}\n${on}`;
        expect(await inThere(`${known}\n${shown}_swrt_note\n${shown}deactivate\n_swrt_note\n${shown}`)).toEqual([
          true,
          true,
          false,
        ]);
      });

      it("entered again before the prompt, it counts after it", async () => {
        const on = "swcli runtime activate demo";
        expect(await inThere(`${on}; deactivate; ${on}; deactivate; ${on}\n_swrt_note\n${info("demo")}`)).toEqual([
          true,
        ]);
        expect(await inThere(`${on}; ${on}\n_swrt_note\n${info("demo")}`)).toEqual([true]);
      });

      it("left, it does not count for what the shell itself asks next, and entered again it does", async () => {
        const on = "swcli runtime activate demo";
        const asked = "swcli env info demo -o json | tr -d '\\n'; echo";
        const file = `$HOME/asked.${shell}`;
        const alone = `swcli env info demo -o json >${file}; tr -d '\\n' <${file}; echo`;
        const script = `${on}; deactivate\n${alone}\n${on}\n${alone}\ndeactivate; ${on}\n${alone}\n${asked}`;
        expect(await inThere(script)).toEqual([false, true, true, true]);
      });

      it("switched to another runtime, it counts only there", async () => {
        const script = `swcli runtime activate demo\nswcli runtime activate other\n_swrt_note\n${info("demo")}\n${info("other")}`;
        expect(await inThere(script)).toEqual([false, true]);
      });
    });
  }

  for (const shell of ["bash", "zsh"] as const) {
    testWith(needsProgram(shell), needsLinux())(
      `${shell}: a sub-shell that is in there counts when its parent has left`,
      async () => {
        const hook = (await home.run(["shell", "init", shell])).stdout;
        const on = "swcli runtime activate demo";
        const script = `${hook}
${on}; deactivate
mkfifo up down
( ${on}; echo ready >up; read -r word <down ) &
read -r word <up
${on}; deactivate; _swrt_note
${info("demo")}
echo go >down; wait
${info("demo")}
rm up down
`;
        const ran = await home.exec([shell, ...QUIET[shell], await home.write(`sub.${shell}`, script)]);
        expect(ran.stderr).toBe("");
        const users = ran.stdout
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line).pids.length);
        expect(users).toEqual([1, 0]);
      },
    );
  }

  testWith(needsProgram("nu"), needsLinux())(
    "nu does not count once it has left, and does while it is in there",
    async () => {
      const hook = (await home.run(["shell", "init", "nu"])).stdout;
      const shown = (name: string) => `print ($nu.pid in (^$env.SW env info ${name} -o json | from json | get pids))`;
      const lines = ["swcli runtime activate demo", shown("demo"), "swcli runtime activate demo", shown("demo")];
      lines.push("swcli deactivate", shown("demo"), "swcli runtime activate demo; swcli runtime activate other");
      const file = await home.write("marks.nu", `${[hook, ...lines, shown("demo"), shown("other")].join("\n")}\n`);
      expect(await home.exec(["nu", "--no-config-file", file])).toMatchObject({
        stdout: "true\ntrue\nfalse\nfalse\ntrue\n",
        stderr: "",
      });
    },
  );

  testWith(needsProgram("tmux"), needsLinux())(
    "an environment that a terminal has left can be removed while it stays open",
    async () => {
      await home.write(".bashrc", `PS1='mine> '\neval "$("${SWCLI_BIN}" shell init bash)"\n`);
      await using window = await openTmux(home, ["bash"]);
      await window.sees("mine> ");
      await window.type("swcli runtime activate other\n");
      await window.sees("(other) mine> ");
      const remove = async () => (await home.run(["env", "remove", "other"])).exitCode;
      expect(await remove()).not.toBe(0);
      await window.type("deactivate\n");
      await window.sees("deactivate\nmine> ");
      expect(await remove()).toBe(0);
      await window.type("swcli runtime activate other; python -c 'import six; print(six.__version__)'\n");
      await window.sees("1.16.0\n");
    },
    MINUTES,
  );
});
