/** Which words of `swcli` the hook takes for the current shell, with global options around them, and when it must ask. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { buildRuntime, MINUTES, QUIET } from "./activated.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** Says the words that the binary gets. */
const WORDS: Record<Shell, string> = {
  bash: '_swrt_bin() { echo "<$*>"; }',
  zsh: '_swrt_bin() { echo "<$*>"; }',
  fish: 'function _swrt_bin; echo "<$argv>"; end',
};
/** Fails in words of its own instead of asking. */
const NO_BINARY: Record<Shell, string> = {
  bash: "_swrt_bin() { echo ASKED >&2; return 1; }",
  zsh: "_swrt_bin() { echo ASKED >&2; return 1; }",
  fish: "function _swrt_bin; echo ASKED >&2; return 1; end",
};

bothModes((mode) => {
  for (const shell of SHELLS) {
    describe(shell, () => {
      const it = testWith(needsProgram(shell));
      let home: Home;
      beforeAll(async () => {
        home = await tempHome({ mode });
        await buildRuntime(home, "demo");
      }, 2 * MINUTES);
      afterAll(async () => await home[Symbol.asyncDispose]());

      const sh = async (script: string, env: Record<string, string> = {}) => {
        const hook = (await home.run(["shell", "init", shell])).stdout;
        const file = await home.write(`script.${shell}`, `${hook}\n${script}\n`);
        return await home.exec([shell, ...QUIET[shell], file], { env });
      };

      it("global options before, between and after the words don't hide what they say", async () => {
        const ways = [
          "-v runtime activate demo",
          "--no-daemon rt actv demo",
          "-o json runtime activate demo",
          "--output=json -q runtime activate demo",
          "--color never runtime -vv activate demo",
          "runtime -v activate demo",
          "runtime activate -v demo",
          "runtime activate demo -o json",
          "runtime -o json activate demo --output=json",
          "rt ac demo",
        ];
        for (const words of ways) {
          const ran = await sh(
            `swcli ${words}\necho "$VIRTUAL_ENV_PROMPT"; swcli -v deactivate; echo "<$VIRTUAL_ENV>"`,
          );
          expect([words, ran.stdout, ran.exitCode]).toEqual([words, "demo\n<>\n", 0]);
        }
      });

      it("asked for JSON, what is wrong is still said to the person", async () => {
        const ran = await sh(`swcli runtime activate nothing -o json; echo "<$VIRTUAL_ENV>"`);
        expect(ran.stdout).toBe("<>\n");
        expect(ran.stderr).toContain("(RUNTIME_NOT_FOUND)");
      });

      it("a word that only begins like activate is the binary's to judge", async () => {
        for (const words of [
          "runtime actual demo",
          "rt act* demo",
          "-v runtime activated demo",
          "runtime act.iv demo",
        ]) {
          const quoted = words.replace(/\S*\*/, "'$&'");
          expect((await sh(`${WORDS[shell]}\nswcli ${quoted}; echo "<$VIRTUAL_ENV>"`)).stdout).toBe(`<${words}>\n<>\n`);
        }
      });

      it("they work under set -u and reach the binary", async () => {
        const strict = shell === "fish" ? "" : "set -euo pipefail\n";
        const ran = await sh(
          `${strict}${WORDS[shell]}\nswcli -v --color never list 'a b'\nswcli -q runtime run x -- activate\nswcli -v`,
        );
        expect(ran).toMatchObject({
          stdout: "<-v --color never list a b>\n<-q runtime run x -- activate>\n<-v>\n",
          stderr: "",
          exitCode: 0,
        });
      });

      it("help and version are the binary's, wherever they stand", async () => {
        for (const words of [
          "-h runtime activate demo",
          "runtime --help activate",
          "-v --version",
          "-v runtime activate -h",
        ]) {
          const ran = await sh(`swcli ${words}; echo "<$VIRTUAL_ENV>"`);
          expect(ran.stdout).toEndWith("\n<>\n");
          expect(ran.stdout.length).toBeGreaterThan(10);
          expect(ran.exitCode).toBe(0);
        }
      });

      it("`swcli -v runtime allow` allows the folder that the shell is in", async () => {
        const dir = await home.project({ ".swrt-runtime": "demo\n" });
        const ran = await sh(`cd ${dir}; swcli -q runtime allow`);
        expect(ran).toMatchObject({
          stdout: `${dir}/.swrt-runtime may now enter demo on cd\n`,
          stderr: "",
          exitCode: 0,
        });
      });

      it("what the binary is told of the shell does not reach what it runs", async () => {
        const env = "env | grep -c SWCLI_SHELL";
        expect((await sh(`swcli runtime run demo sh -c '${env}'; ${env}`)).stdout).toBe("0\n0\n");
      });

      it("an environment that somebody removes is asked for", async () => {
        await sh("swcli runtime activate demo");
        const seen = new Bun.Glob("*/.swcli/seen/site");
        const isSettled = () => [...seen.scanSync({ cwd: `${home.root}/.envs`, dot: true })].length > 0;
        for (let tries = 0; tries < 300 && !isSettled(); tries++) await Bun.sleep(100);
        const quick = `${NO_BINARY[shell]}\nswcli runtime activate demo; echo "<$VIRTUAL_ENV_PROMPT>"`;
        expect((await sh(quick)).stdout).toBe("<demo>\n");
        const move = (from: string, to: string) =>
          `sh -c 'for door in ${home.root}/.store/v1/activation/live/*-1${from}; do mv $door \${door%.gone}${to}; done'`;
        // In a shell that knows of it, too.
        const known = `swcli runtime activate demo; deactivate; ${move("", ".gone")}`;
        const ran = await sh(`${move("", ".gone")}\n${quick}\n${move(".gone", "")}`);
        expect(ran).toMatchObject({ stdout: "<>\n", stderr: "ASKED\n" });
        expect(await sh(`${known}\n${quick}\n${move(".gone", "")}`)).toMatchObject({
          stdout: "<>\n",
          stderr: "ASKED\n",
        });
      });
    });
  }
});
