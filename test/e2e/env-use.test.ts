/** What counts as a use of an environment. */
import { expect } from "bun:test";
import { existsSync, statSync, utimesSync } from "node:fs";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { buildRuntime, MINUTES } from "./activated.ts";

const it = testWith(needsLinux());
const HOUR = 3_600_000;

const infoOf = async (home: Home, name: string) => (await home.run(["env", "info", name, "-o", "json"])).json;

bothModes((mode) => {
  it(
    "a run in a writable one is no use of the shared one, however its option stands",
    async () => {
      await using home = await tempHome({ mode });
      await buildRuntime(home, "demo");
      const { prefix } = await infoOf(home, "demo");
      for (let tries = 0; tries < 300 && !existsSync(`${prefix}/.swcli/seen/site`); tries++) await Bun.sleep(100);
      // The second one writes what the quick way reads.
      for (let times = 0; times < 3; times++) await home.run(["runtime", "run", "demo", "--", "true"]);
      const used = `${prefix.replace(/-1$/, "")}.used`;
      const then = new Date(Date.now() - HOUR);
      utimesSync(used, then, then);
      expect((await home.run(["runtime", "run", "demo", "--writable=mine", "--", "true"])).exitCode).toBe(0);
      expect(statSync(used).mtimeMs).toBe(then.getTime());
    },
    MINUTES,
  );
});
