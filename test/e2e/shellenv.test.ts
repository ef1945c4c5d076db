/** `runtime shellenv`: text that changes the shell that evaluates it, and gives everything back; or the same as JSON. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { SNAPSHOT } from "../unit/core/env/activation/lab.ts";
import { buildRuntime, MINUTES, QUIET } from "./activated.ts";

const SHELLS = ["bash", "zsh", "dash", "fish"] as const;
type Shell = (typeof SHELLS)[number];
const EVAL: Record<Shell, (words: string) => string> = {
  bash: (words) => `eval "$("$SW" runtime shellenv ${words})"`,
  zsh: (words) => `eval "$("$SW" runtime shellenv ${words})"`,
  dash: (words) => `eval "$("$SW" runtime shellenv ${words})"`,
  fish: (words) => `"$SW" runtime shellenv ${words} | source`,
};

bothModes((mode) => {
  let home: Home;
  let prefix = "";
  beforeAll(async () => {
    home = await tempHome({ mode, env: { SW: SWCLI_BIN } });
    await buildRuntime(home, "demo");
    prefix = (await home.run(["runtime", "run", "demo", "sh", "-c", "echo $VIRTUAL_ENV"])).stdout.trim();
  }, 2 * MINUTES);
  afterAll(async () => await home[Symbol.asyncDispose]());

  for (const shell of SHELLS) {
    describe(shell, () => {
      const it = testWith(needsProgram(shell));
      const run = async (script: string, env: Record<string, string> = {}) => {
        const file = await home.write(`script.${shell}`, script);
        return await home.exec([shell, ...QUIET[shell], file], { env });
      };

      it("evaluated it changes the shell, and `deactivate` gives everything back", async () => {
        const lines = [
          SNAPSHOT[shell],
          "snap >$HOME/before 2>&1",
          EVAL[shell](`demo --shell ${shell === "dash" ? "sh" : shell}`),
          "command -v python; echo $SW_ACTIVATED_RUNTIME_MODE_IN_SHELL",
          "deactivate",
          "snap >$HOME/after 2>&1",
        ];
        const ran = await run(`${lines.join("\n")}\n`);
        expect(ran).toMatchObject({ stdout: `${prefix}/bin/python\nvenv\n`, stderr: "", exitCode: 0 });
        const read = async (name: string) => await Bun.file(`${home.dir}/${name}`).text();
        expect(await read("after")).toBe(await read("before"));
      });

      it("without --shell it is for the shell that asks", async () => {
        const ran = await run(`${EVAL[shell]("demo")}\ncommand -v python\nvenv deactivate\necho "<$VIRTUAL_ENV>"\n`);
        expect(ran).toMatchObject({ stdout: `${prefix}/bin/python\n<>\n`, stderr: "" });
      });

      it("what the person changed meanwhile stays", async () => {
        const set =
          shell === "fish"
            ? "set -gx VIRTUAL_ENV /mine; set -gx PATH /first $PATH"
            : "VIRTUAL_ENV=/mine; PATH=/first:$PATH";
        const ran = await run(`${EVAL[shell]("demo")}\n${set}\ndeactivate\necho "$VIRTUAL_ENV $PATH"\n`);
        expect(ran).toMatchObject({ stdout: `/mine /first:${home.env.PATH}\n`, stderr: "" });
      });

      it("a runtime that is not there changes nothing and fails", async () => {
        const fails = `"$SW" runtime shellenv nothing`;
        const ran = await run(`${fails} >$HOME/text\n`);
        expect(ran.exitCode).toBe(3);
        expect(ran.stderr).toContain("(RUNTIME_NOT_FOUND)");
        expect(await Bun.file(`${home.dir}/text`).text()).toBe("");
      });
    });
  }

  test("as JSON it is the change and what to put back, with -o json too", async () => {
    const asked = await home.run(["runtime", "shellenv", "demo", "--shell", "json"]);
    const { version, uri, ...rest } = asked.json;
    expect(uri).toBe(`local/project/self/runtime/demo/version/${version}`);
    const set = {
      VIRTUAL_ENV: prefix,
      VIRTUAL_ENV_PROMPT: "demo",
      SW_ACTIVATED_RUNTIME_URI_IN_SHELL: uri,
      SW_ACTIVATED_RUNTIME_MODE_IN_SHELL: "venv",
      SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL: prefix,
    };
    expect(rest).toEqual({
      name: "demo",
      project: "self",
      mode: "venv",
      prefix,
      path: [`${prefix}/bin`],
      set,
      unset: ["PYTHONHOME"],
      reverse: { remove_path: [`${prefix}/bin`], restore: [...Object.keys(set), "PYTHONHOME"] },
    });
    expect((await home.run(["-o", "json", "runtime", "shellenv", "demo"])).json).toEqual(asked.json);
  });

  test("another word than a shell's is refused", async () => {
    const failed = await home.run(["runtime", "shellenv", "demo", "--shell", "cmd"]);
    expect(failed).toMatchObject({ exitCode: 2, stdout: "" });
    expect(failed.stderr).toContain("(USAGE)");
  });
});
