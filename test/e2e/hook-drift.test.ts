/** What a hooked shell notices of an environment that it would enter without asking: another Python, changes in `bin`. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, readdirSync, realpathSync, utimesSync } from "node:fs";
import { copyFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { buildRuntime, MINUTES, QUIET } from "./activated.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** Says so instead of asking the binary. */
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
      let prefix = "";
      beforeAll(async () => {
        home = await tempHome({ mode });
        await buildRuntime(home, "demo");
        const envs = `${home.root}/.envs`;
        prefix = `${envs}/${readdirSync(envs).find((name) => /-1$/.test(name))}`;
        for (let tries = 0; tries < 300 && !existsSync(`${prefix}/.swcli/seen/site`); tries++) await Bun.sleep(100);
        await sh("swcli runtime activate demo");
      }, 2 * MINUTES);
      afterAll(async () => await home[Symbol.asyncDispose]());

      const sh = async (script: string) => {
        const hook = (await home.run(["shell", "init", shell])).stdout;
        const file = await home.write(`script.${shell}`, `${hook}\n${script}\n`);
        return await home.exec([shell, ...QUIET[shell], file]);
      };
      const asked = async () =>
        (await sh(`${NO_BINARY[shell]}\nswcli runtime activate demo; true`)).stderr === "ASKED\n";
      /** As if nobody had put anything into `bin` or taken it away. */
      const untouched = async () => await home.exec(["touch", "-r", `${prefix}/.swcli/seen/bin`, `${prefix}/bin`]);

      it("a program that somebody put into bin is noticed and said, also when it is gone again", async () => {
        expect(await asked()).toBe(false);
        await home.write(`${prefix}/bin/planted`, "");
        expect(await asked()).toBe(true);
        await rm(`${prefix}/bin/planted`);
        expect((await sh("swcli runtime activate demo")).stderr).toContain("changed since it was made (bin)");
        expect(await asked()).toBe(true);
        await untouched();
        expect(await asked()).toBe(false);
      });

      it("another base interpreter is noticed, older or newer than the one before", async () => {
        const python = `${prefix}/bin/python`;
        const other = `${home.dir}/python3.11`;
        await copyFile(realpathSync(python), other);
        // Never away: a daemon that has just begun would remove an environment without it.
        const aim = async (target: string) => {
          await symlink(target, `${python}.new`);
          await rename(`${python}.new`, python);
          await untouched();
        };
        const before = await readlink(python);
        await aim(other);
        for (const year of [2001, 2101]) {
          utimesSync(other, new Date(year, 1), new Date(year, 1));
          expect([year, await asked()]).toEqual([year, true]);
        }
        await home.exec(["touch", "-r", `${prefix}/.swcli/seen/python`, other]);
        expect(await asked()).toBe(false);
        await aim(before);
        expect(await asked()).toBe(false);
      });
    });
  }
});
