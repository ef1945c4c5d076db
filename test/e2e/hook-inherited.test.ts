/** Hooked shells that were started in an activated runtime (as each window of a tmux that was): they can leave it too. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { buildRuntime, MINUTES, QUIET } from "./activated.ts";
import { openTmux } from "./tmux.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** Everything that an activation sets, and whether the shell's own words are back. */
const LOOK: Record<Shell | "nu", string> = {
  bash: 'echo "$PATH|${VIRTUAL_ENV_PROMPT-}"; env | grep -cE "^(VIRTUAL_ENV|SW_ACTIVATED)"; declare -F deactivate || :',
  zsh: 'echo "$PATH|${VIRTUAL_ENV_PROMPT-}"; env | grep -cE "^(VIRTUAL_ENV|SW_ACTIVATED)"; [[ -z ${functions[deactivate]-} ]] || echo has',
  fish: 'echo "$PATH|$VIRTUAL_ENV_PROMPT"; env | grep -cE "^(VIRTUAL_ENV|SW_ACTIVATED)"; functions -q deactivate; and echo deactivate',
  nu: "print $\"($env.PATH | str join ':')|($env.VIRTUAL_ENV_PROMPT? | default '')\"; print ($env | columns | where {|name| $name =~ '^(VIRTUAL_ENV|SW_ACTIVATED)' } | length)",
};

bothModes((mode) => {
  let home: Home;
  let inside: Record<string, string | undefined> = {};
  let prefix = "";
  beforeAll(async () => {
    home = await tempHome({ mode });
    await buildRuntime(home, "demo");
    await buildRuntime(home, "other", { six: "1.16.0" });
    const { set, path } = (await home.run(["runtime", "shellenv", "demo", "--shell", "json"])).json;
    prefix = set.VIRTUAL_ENV;
    // One entry behind another's: it is ours all the same.
    inside = { ...set, PATH: `/first:${path.join(":")}:${home.env.PATH}`, PS1: undefined };
  }, 2 * MINUTES);
  afterAll(async () => await home[Symbol.asyncDispose]());

  const left = () => `/first:${home.env.PATH}|\n0\n`;

  for (const shell of SHELLS) {
    describe(shell, () => {
      const it = testWith(needsProgram(shell));
      const sh = async (script: string, env: Record<string, string | undefined> = inside) => {
        const hook = (await home.run(["shell", "init", shell])).stdout;
        const file = await home.write(`script.${shell}`, `${hook}\n${script}\n`);
        return await home.exec([shell, ...QUIET[shell], file], { env });
      };

      it("`deactivate` and `swcli deactivate` leave what the shell was started in", async () => {
        for (const words of ["deactivate", "swcli deactivate", "swcli -v deactivate"]) {
          const ran = await sh(`${words}; ${LOOK[shell]}`);
          expect([words, ran.stdout, ran.stderr]).toEqual([words, left(), ""]);
        }
        const strict = shell === "fish" ? "" : "set -euo pipefail\n";
        const path = `/bin:/usr/bin:${prefix}/bin::${prefix}-not/bin:${prefix}/libexec:`;
        const odd = await sh(`${strict}deactivate; echo "$PATH"`, { ...inside, PATH: path });
        expect(odd).toMatchObject({ stderr: "", exitCode: 0 });
        // fish calls the current folder by name.
        expect(odd.stdout.replace(/:\.(?=:|\n)/g, ":")).toBe(`/bin:/usr/bin::${prefix}-not/bin:\n`);
        const again = await sh("deactivate; swcli deactivate; true");
        expect(again.stderr).toContain("no runtime is active");
      });

      it("one that is entered in it gives the outer one back, which can be left then", async () => {
        const ran = await sh(
          `swcli runtime activate other; echo "$VIRTUAL_ENV_PROMPT"; deactivate; echo "$VIRTUAL_ENV_PROMPT"; deactivate; ${LOOK[shell]}`,
        );
        expect(ran).toMatchObject({ stdout: `other\ndemo\n${left()}`, stderr: "" });
      });

      it("somebody's own deactivate and variables stay, a conda runtime's go", async () => {
        const own = shell === "fish" ? "function deactivate; echo mine; end" : "deactivate() { echo mine; }";
        const hook = (await home.run(["shell", "init", shell])).stdout;
        const file = await home.write(
          `own.${shell}`,
          `${own}\n${hook}\nswcli deactivate; deactivate; ${LOOK[shell]}\n`,
        );
        const ran = await home.exec([shell, ...QUIET[shell], file], { env: { ...inside, VIRTUAL_ENV: "/theirs" } });
        expect(ran.stdout).toStartWith(`mine\n/first:${home.env.PATH}|demo\n2\n`);
        const { VIRTUAL_ENV, VIRTUAL_ENV_PROMPT, ...rest } = inside;
        const conda = { CONDA_PREFIX: prefix, CONDA_DEFAULT_ENV: "demo", CONDA_SHLVL: "1", CONDA_EXE: "/theirs" };
        const gone = await sh("deactivate; env | grep ^CONDA", { ...rest, ...conda });
        expect(gone.stdout).toBe("CONDA_EXE=/theirs\n");
      });
    });
  }

  testWith(needsProgram("nu"))("nu leaves what it was started in", async () => {
    const hook = (await home.run(["shell", "init", "nu"])).stdout;
    const file = await home.write("script.nu", `${hook}\nswcli deactivate; ${LOOK.nu}\n`);
    expect(await home.exec(["nu", "--no-config-file", file], { env: inside })).toMatchObject({
      stdout: left(),
      stderr: "",
    });
  });

  testWith(needsProgram("tmux"))(
    "in a window of a tmux that was started in a runtime it can be left, entered, marked and left again",
    async () => {
      await home.write(".bashrc", `PS1='mine> '\neval "$("${SWCLI_BIN}" shell init bash)"\n`);
      await using window = await openTmux(home, ["bash"], { env: inside });
      await window.sees("mine> ");
      await window.type(
        "echo at $VIRTUAL_ENV_PROMPT; deactivate; echo now [$VIRTUAL_ENV$SW_ACTIVATED_RUNTIME_URI_IN_SHELL]\n",
      );
      await window.sees("at demo\nnow []");
      await window.type("swcli runtime activate other\n");
      await window.sees("\n(other) mine> ");
      await window.type("command -v python; deactivate; echo then [$VIRTUAL_ENV]\n");
      await window.sees("/bin/python\nthen []\nmine>");
    },
    MINUTES,
  );
});
