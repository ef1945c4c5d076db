/** `runtime activate` typed on a terminal: the prompt's mark, the person's own start files, and the ways out. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { rm } from "node:fs/promises";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { buildRuntime, MINUTES, openTerminal, QUIET } from "./activated.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];
const RC: Record<Shell, string> = { bash: ".bashrc", zsh: ".zshrc", fish: ".config/fish/config.fish" };
const PROMPT: Record<Shell, string> = {
  bash: "PS1='mine> '\n",
  zsh: "PROMPT='mine> '\n",
  fish: "function fish_prompt; echo -n 'mine> '; end\n",
};
const STATUS: Record<Shell, string> = { bash: "$?", zsh: "$?", fish: "$status" };
const MARK = "(demo) ";

bothModes((mode) => {
  let home: Home;
  let prefix = "";
  beforeAll(async () => {
    home = await tempHome({ mode });
    await buildRuntime(home, "demo");
    prefix = (await home.run(["runtime", "run", "demo", "sh", "-c", "echo $VIRTUAL_ENV"])).stdout.trim();
  }, 2 * MINUTES);
  afterAll(async () => await home[Symbol.asyncDispose]());

  for (const shell of SHELLS) {
    describe(shell, () => {
      const it = testWith(needsProgram(shell), needsProgram("script"));

      /** A shell without start files, in which the sub-shell is entered: that one reads the person's. */
      const enter = async (env: Record<string, string> = {}) => {
        const terminal = openTerminal(home, [shell, ...QUIET[shell], "-i"], { env });
        terminal.type('"$SW" runtime activate demo\n');
        await terminal.sees(MARK);
        return terminal;
      };
      const out = async () => await Bun.file(`${home.dir}/out`).text();

      it("without any start file: the mark, the runtime's Python, and `exit` passes the code on", async () => {
        await rm(`${home.dir}/${RC[shell]}`, { force: true });
        const terminal = await enter();
        terminal.type("command -v python >out\nexit 7\n");
        terminal.type(`echo "code ${STATUS[shell]}" >>out\nexit 4\n`);
        expect(await terminal.exited).toBe(4);
        expect(await out()).toBe(`${prefix}/bin/python\ncode 7\n`);
      });

      it("the person's start file is read, and our mark stands before the person's own prompt", async () => {
        const path = shell === "fish" ? "set -gx PATH /users $PATH\n" : "export PATH=/users:$PATH\n";
        await home.write(RC[shell], `${PROMPT[shell]}${path}`);
        const terminal = await enter();
        await terminal.sees("mine> ");
        terminal.type('echo "$PATH" >out\nexit\nexit\n');
        await terminal.exited;
        expect(await out()).toStartWith(`${prefix}/bin:/users:`);
      });

      it("a start file that fails, or ends with a false command, is no obstacle", async () => {
        for (const bad of ["no-such-command-here\nfalse\n", "return 3\n"]) {
          await home.write(RC[shell], bad);
          const terminal = await enter();
          terminal.type("command -v python >out\nexit\nexit\n");
          await terminal.exited;
          expect(await out()).toBe(`${prefix}/bin/python\n`);
        }
      });

      for (const word of ["deactivate", "venv deactivate"]) {
        it(`\`${word}\` takes the mark and the variables away and stays in the shell`, async () => {
          await home.write(RC[shell], PROMPT[shell]);
          const terminal = await enter();
          await terminal.sees("mine> ");
          terminal.type(`${word}; echo "<$VIRTUAL_ENV$SW_ACTIVATED_RUNTIME_URI_IN_SHELL>" >out; echo gone\n`);
          await terminal.sees("gone\r\n");
          await terminal.sees("mine> ");
          const rest = terminal.screen().slice(terminal.screen().lastIndexOf("gone\r\n"));
          expect(rest).not.toContain(MARK);
          terminal.type("exit 6\n");
          terminal.type(`echo "code ${STATUS[shell]}" >>out\nexit\n`);
          await terminal.exited;
          expect(await out()).toBe("<>\ncode 6\n");
        });
      }

      it("who wants no mark gets none", async () => {
        await home.write(RC[shell], PROMPT[shell]);
        const terminal = openTerminal(home, [shell, ...QUIET[shell], "-i"], {
          env: { VIRTUAL_ENV_DISABLE_PROMPT: "1" },
        });
        terminal.type('"$SW" runtime activate demo\n');
        await terminal.sees("mine> ");
        terminal.type('echo "$VIRTUAL_ENV_PROMPT" >out; exit\nexit\n');
        await terminal.exited;
        expect(await out()).toBe("demo\n");
        expect(terminal.screen()).not.toContain(MARK);
      });

      it("Ctrl-C reaches what runs inside and not the shell", async () => {
        const terminal = await enter();
        terminal.type("echo on; sleep 60\n");
        await terminal.sees("on\r\n");
        terminal.type("\x03");
        terminal.type('echo "$VIRTUAL_ENV_PROMPT" >out\nexit\nexit\n');
        await terminal.exited;
        expect(await out()).toBe("demo\n");
      });
    });
  }

  testWith(needsProgram("tmux"))("inside tmux it is entered, marked and left as elsewhere", async () => {
    await home.write(".bashrc", PROMPT.bash);
    const tmux = (...words: string[]) => home.exec(["tmux", "-S", `${home.runDir}/tmux`, ...words]);
    const shown = async (text: string) => {
      for (let tries = 0; tries < 500; tries++) {
        if ((await tmux("capture-pane", "-p")).stdout.includes(text)) return;
        await Bun.sleep(20);
      }
      expect((await tmux("capture-pane", "-p")).stdout).toContain(text);
    };
    expect((await tmux("-f", "/dev/null", "new-session", "-d", "-x", "200", "bash --norc")).exitCode).toBe(0);
    await tmux("send-keys", `${SWCLI_BIN} runtime activate demo`, "Enter");
    await shown("(demo) mine>");
    await tmux("send-keys", "deactivate; echo [$VIRTUAL_ENV]", "Enter");
    await shown("[]");
    await tmux("kill-server");
  });
});
