/** Conda runtimes in hooked shells: entered without a process while nothing has changed that their difference came from. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, needsProgram, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel } from "../servers/conda-channel.ts";
import { MINUTES, QUIET } from "./activated.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];
const needsChannel = channelPython() ? undefined : "a CPython with a prefix of its own";

/** Says so instead of asking the binary. */
const NO_BINARY: Record<Shell, string> = {
  bash: "_swrt_bin() { echo ASKED >&2; return 1; }",
  zsh: "_swrt_bin() { echo ASKED >&2; return 1; }",
  fish: "function _swrt_bin; echo ASKED >&2; return 1; end",
};
const ENTER = 'swcli runtime activate demo; echo "$NATIVE_HOME|$NATIVE_JSON|$CONDA_DEFAULT_ENV"';

bothModes((mode) => {
  for (const shell of SHELLS) {
    describe(shell, () => {
      const it = testWith(needsProgram(shell), needsLinux(), needsChannel);
      let home: Home;
      let prefix = "";
      beforeAll(async () => {
        home = await tempHome({ mode });
        if (needsChannel) return;
        const { dir, minor } = await condaChannel();
        const head = `name: demo\nenvironment: { python: "${minor}", arch: amd64 }\nconfigs: { conda: { channels: ["file://${dir}/main"] } }\n`;
        const project = await home.project({ "runtime.yaml": `${head}dependencies:\n  - conda: [native]\n` });
        const built = await home.run(["runtime", "build", "--prepare", "wait"], { cwd: project });
        if (built.exitCode !== 0) throw new Error(built.stderr);
        const envs = `${home.root}/.envs`;
        prefix = `${envs}/${readdirSync(envs).find((name) => /-1$/.test(name))}`;
        for (let tries = 0; tries < 300 && !existsSync(`${prefix}/.swcli/seen/site`); tries++) await Bun.sleep(100);
      }, 2 * MINUTES);
      afterAll(async () => await home[Symbol.asyncDispose]());

      const sh = async (script: string) => {
        const hook = (await home.run(["shell", "init", shell])).stdout;
        const file = await home.write(`script.${shell}`, `${hook}\n${script}\n`);
        return await home.exec([shell, ...QUIET[shell], file]);
      };
      const alone = async () => {
        const ran = await sh(`${NO_BINARY[shell]}\n${ENTER}`);
        return ran.stderr + ran.stdout;
      };

      it(
        "an unchanged one is entered and left without asking anybody",
        async () => {
          expect((await sh(ENTER)).stdout).toBe(`${prefix}/share/native|from json|demo\n`);
          const show = 'echo "$PATH|$NATIVE_HOME$NATIVE_JSON$CONDA_PREFIX$CONDA_SHLVL"';
          const ran = await sh(`${show}\n${NO_BINARY[shell]}\n${ENTER}\necho "$PATH"\nconda deactivate\n${show}`);
          const [before, values, path, after] = ran.stdout.split("\n");
          expect(ran.stderr).toBe("");
          expect(values).toBe(`${prefix}/share/native|from json|demo`);
          expect(path).toStartWith(`${prefix}/libexec:${prefix}/bin:`);
          expect(after).toBe(before!);
        },
        MINUTES,
      );

      testWith(
        needsProgram(shell),
        needsLinux(),
        needsChannel,
        needsProgram("strace"),
      )(
        "no process is started at all",
        async () => {
          await sh(ENTER);
          const hook = (await home.run(["shell", "init", shell])).stdout;
          const file = await home.write("traced", `${hook}\nswcli runtime activate demo\n`);
          const trace = [
            "strace",
            "-f",
            "-qq",
            "-e",
            "trace=execve,clone,clone3,fork,vfork",
            "-o",
            `${home.dir}/trace`,
          ];
          await home.exec([...trace, shell, ...QUIET[shell], file]);
          const calls = (await Bun.file(`${home.dir}/trace`).text()).trim().split("\n");
          expect(calls.filter((call) => !call.includes("CLONE_THREAD"))).toHaveLength(1);
        },
        MINUTES,
      );

      it(
        "a changed, an added and an older file of the environment are noticed, each once",
        async () => {
          await sh(ENTER);
          const etc = `${prefix}/etc/conda`;
          const before = new Date(2001, 1, 1);
          const changes: [string, () => void, string][] = [
            [
              "changed",
              () => writeFileSync(`${etc}/activate.d/native.sh`, "export NATIVE_HOME=changed\n"),
              "changed|from json|demo\n",
            ],
            [
              "added",
              () => writeFileSync(`${etc}/env_vars.d/zz.json`, '{"NATIVE_JSON": "more"}'),
              "changed|more|demo\n",
            ],
            ["older", () => utimesSync(`${etc}/activate.d/native.sh`, before, before), "changed|more|demo\n"],
            ["removed", () => rmSync(`${etc}/env_vars.d/zz.json`), "changed|from json|demo\n"],
            [
              "by `conda env config vars`",
              () => writeFileSync(`${prefix}/conda-meta/state`, '{"env_vars": {"NATIVE_JSON": "mine"}}'),
              "changed|mine|demo\n",
            ],
          ];
          for (const [what, change, expected] of changes) {
            change();
            expect([what, await alone()]).toEqual([what, "ASKED\n||\n"]);
            expect([what, (await sh(ENTER)).stdout]).toEqual([what, expected]);
            expect([what, await alone()]).toEqual([what, expected]);
          }
        },
        2 * MINUTES,
      );

      it(
        "variables with short names are no others' in the hook",
        async () => {
          writeFileSync(`${prefix}/conda-meta/state`, '{"env_vars": {"E": "mine"}}');
          const show = 'swcli runtime activate demo; echo "$E"; sh -c \'echo "$E"\'';
          expect((await sh(show)).stdout).toBe("mine\nmine\n");
          expect((await sh(show)).stdout).toBe("mine\nmine\n");
          rmSync(`${prefix}/conda-meta/state`);
        },
        MINUTES,
      );
    });
  }
});
