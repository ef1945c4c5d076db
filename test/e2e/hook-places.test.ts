/**
 * The hook where people's shells live: without a terminal as over ssh, with VS Code's variables and prompt functions, with
 * prompts that others draw, under `set -euo pipefail`, in folders and beside variables with newlines and quotes.
 */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdir } from "node:fs/promises";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { SNAPSHOT } from "../unit/core/env/activation/lab.ts";
import { buildRuntime, MINUTES, openTerminal, QUIET } from "./activated.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];
const ON_AND_OFF = "swcli runtime activate demo\ncommand -v python\nswcli deactivate\n";

/**
 * As VS Code's own scripts do. bash: before a prompt that follows a command, what differs from the prompt that it made last
 * is wrapped anew. zsh: wrapped before each prompt, and given back before the next command. fish: a function around it.
 */
const VSCODE: Record<Shell, string> = {
  bash: `vsc_busy=1 vsc_made=
vsc_prompt() { local code=$?; if [[ $vsc_busy = 1 && $PS1 != "$vsc_made" ]]; then vsc_made="[VSC]$PS1\\[\\]" PS1="[VSC]$PS1\\[\\]"; fi; vsc_busy=0; return $code; }
trap '[[ $BASH_COMMAND = vsc_* || $BASH_COMMAND = _swrt_* ]] || vsc_busy=1' DEBUG
PROMPT_COMMAND="\${PROMPT_COMMAND:+$PROMPT_COMMAND;}vsc_prompt"
`,
  zsh: `autoload -Uz add-zsh-hook
vsc_precmd() { vsc_own=$PS1; PS1="[VSC]$PS1"; }
vsc_preexec() { if [[ -n \${vsc_own-} ]]; then PS1=$vsc_own; fi; }
add-zsh-hook precmd vsc_precmd
add-zsh-hook preexec vsc_preexec
`,
  fish: "functions -q __vsc_outer; or functions -c fish_prompt __vsc_outer\nfunction fish_prompt; echo -n '[VSC]'; __vsc_outer; end\n",
};
const RC: Record<Shell, string> = { bash: ".bashrc", zsh: ".zshrc", fish: ".config/fish/config.fish" };
const PROMPT: Record<Shell, string> = {
  bash: "PS1='mine> '\n",
  zsh: "PROMPT='mine> '\n",
  fish: "function fish_prompt; echo -n 'mine> '; end\n",
};
const INTERACTIVE: Record<Shell, string[]> = { bash: ["bash", "-i"], zsh: ["zsh", "-i"], fish: ["fish", "-i"] };

bothModes((mode) => {
  for (const shell of SHELLS) {
    describe(shell, () => {
      const it = testWith(needsProgram(shell));
      const onTerminal = testWith(needsProgram(shell), needsProgram("script"));
      let home: Home;
      let prefix = "";
      let hook = "";
      beforeAll(async () => {
        home = await tempHome({ mode });
        await buildRuntime(home, "demo");
        await buildRuntime(home, "other");
        prefix = (await home.run(["runtime", "run", "demo", "sh", "-c", "echo $VIRTUAL_ENV"])).stdout.trim();
        hook = (await home.run(["shell", "init", shell])).stdout;
      }, 2 * MINUTES);
      afterAll(async () => await home[Symbol.asyncDispose]());

      it("as a command over ssh: no terminal, TERM=dumb, the script on stdin", async () => {
        const env = { TERM: "dumb", SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22", PS1: undefined };
        const ran = await home.exec([shell, ...QUIET[shell]], { stdin: `${hook}\n${ON_AND_OFF}`, env });
        expect(ran).toMatchObject({ stdout: `${prefix}/bin/python\n`, stderr: "", exitCode: 0 });
      });

      it("variables with newlines, quotes and letters of all kinds come back as they were", async () => {
        const odd = "two\nlines 'and' \"quotes\" $HOME `x` ünï\n";
        const env = { VIRTUAL_ENV: odd, PYTHONHOME: odd, PS1: undefined, VIRTUAL_ENV_PROMPT: odd };
        const file = await home.write(
          `odd.${shell}`,
          `${hook}\n${SNAPSHOT[shell]}\nsnap >$HOME/before 2>&1\n${ON_AND_OFF}snap >$HOME/after 2>&1\n`,
        );
        const ran = await home.exec([shell, ...QUIET[shell], file], { env });
        expect(ran).toMatchObject({ stdout: `${prefix}/bin/python\n`, stderr: "" });
        const read = async (name: string) => await Bun.file(`${home.dir}/${name}`).text();
        expect(await read("before")).toContain("ünï");
        expect(await read("after")).toBe(await read("before"));
      });

      it(
        "a home, a store and a folder whose names hold blanks, quotes and a newline",
        async () => {
          const root = `${home.dir}/my 'store'\n"root" $x ü`;
          await mkdir(root);
          const env = { SW_LOCAL_STORAGE: root };
          const dir = await home.project({ "runtime.yaml": "name: odd\nenvironment: { python: 3.11 }\n" });
          const built = await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir, env });
          expect(built).toMatchObject({ exitCode: 0 });
          const own = (await home.run(["shell", "init", shell], { env })).stdout;
          const show = "swcli runtime activate odd\npython -c 'import sys; print(sys.prefix)'\nswcli deactivate\n";
          const file = await home.write(`root.${shell}`, `${own}\n${show}${show}`);
          const ran = await home.exec([shell, ...QUIET[shell], file], { cwd: root, env });
          expect(ran.stderr).toBe("");
          // Asked for the first time, known the second.
          const once = ran.stdout.slice(0, ran.stdout.length / 2);
          expect(once).toStartWith(`${root}/.envs/`);
          expect(ran.stdout).toBe(once + once);
          expect(ran.exitCode).toBe(0);
          await home.run(["daemon", "stop"], { env });
        },
        MINUTES,
      );

      const rcFile = async (before: string, after: string) => {
        const load =
          shell === "fish"
            ? `"${SWCLI_BIN}" shell init fish | source\n`
            : `eval "$("${SWCLI_BIN}" shell init ${shell})"\n`;
        await home.write(RC[shell], `${PROMPT[shell]}${before}${load}${after}`);
      };
      const places = { before: [VSCODE[shell], ""], after: ["", VSCODE[shell]] } as const;
      for (const [where, [before, after]] of Object.entries(places)) {
        onTerminal(
          `in VS Code's terminal, its functions loaded ${where} the hook: marked, and unmarked again`,
          async () => {
            await rcFile(before, after);
            const env = {
              TERM_PROGRAM: "vscode",
              VSCODE_INJECTION: "1",
              VSCODE_SHELL_INTEGRATION: "1",
              ENV: undefined,
            };
            const terminal = openTerminal(home, INTERACTIVE[shell], { env });
            await terminal.sees("[VSC]");
            terminal.type("swcli runtime activate demo\n");
            await terminal.sees("(demo) ");
            terminal.type("command -v python >out; swcli runtime activate other\n");
            await terminal.sees("(other) ");
            terminal.type("echo switched\n");
            await terminal.sees("switched\r\n");
            await terminal.sees("mine> ");
            const switched = terminal.screen().slice(terminal.screen().lastIndexOf("switched\r\n"));
            expect(switched).not.toContain("(demo)");
            terminal.type("deactivate; echo gone\n");
            await terminal.sees("gone\r\n");
            await terminal.sees("mine> ");
            const rest = terminal.screen().slice(terminal.screen().lastIndexOf("gone\r\n"));
            expect(rest).not.toMatch(/\(demo\)|\(other\)/);
            terminal.type("exit\n");
            await terminal.exited;
            expect(await Bun.file(`${home.dir}/out`).text()).toBe(`${prefix}/bin/python\n`);
          },
          MINUTES,
        );
      }

      onTerminal(
        "starship draws the prompt anew and shows the name itself: no mark of ours",
        async () => {
          const drawn: Record<Shell, string> = {
            bash: `starship_precmd() { PS1="star<\${VIRTUAL_ENV_PROMPT-}> "; }\nPROMPT_COMMAND=starship_precmd\nexport STARSHIP_SHELL=bash\n`,
            zsh: `precmd() { PS1="star<\${VIRTUAL_ENV_PROMPT-}> "; }\nexport STARSHIP_SHELL=zsh\n`,
            fish: 'function fish_prompt; echo -n "star<$VIRTUAL_ENV_PROMPT> "; end\nset -gx STARSHIP_SHELL fish\n',
          };
          await rcFile(drawn[shell], "");
          const terminal = openTerminal(home, INTERACTIVE[shell]);
          await terminal.sees("star<> ");
          terminal.type("swcli runtime activate demo\n");
          await terminal.sees("star<demo> ");
          terminal.type("deactivate\n");
          await terminal.sees("star<> ");
          terminal.type("exit\n");
          await terminal.exited;
          expect(terminal.screen()).not.toContain("(demo)");
        },
        MINUTES,
      );
    });
  }
});
