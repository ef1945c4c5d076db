/** What `env list` says of the use of an environment: when it was last used, and that our own work on it is no use. */
import { expect } from "bun:test";
import { existsSync, statSync, utimesSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";
import { buildRuntime, MINUTES } from "./activated.ts";

const it = testWith(needsLinux());
const HOUR = 3_600_000;

const infoOf = async (home: Home, name: string) => (await home.run(["env", "info", name, "-o", "json"])).json;

bothModes((mode) => {
  it(
    "the last use is when somebody went in last, in a shared one and in a writable one",
    async () => {
      await using home = await tempHome({ mode });
      await buildRuntime(home, "demo");
      await home.run(["runtime", "run", "--writable=mine", "demo", "--", "true"]);
      // A daemon notes no more than one use in five seconds.
      await home.run(["daemon", "stop"]);
      const before = Date.now();
      for (const [name, words] of [
        ["demo", ["demo"]],
        ["mine", ["--writable=mine", "demo"]],
      ] as const) {
        await home.run(["runtime", "run", ...words, "--", "true"]);
        const { created_at, last_used } = await infoOf(home, name);
        expect([name, Date.parse(created_at) < before, Date.parse(last_used) >= before]).toEqual([name, true, true]);
      }
    },
    MINUTES,
  );

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

/** Command lines of what compiles in this home. */
async function compilers(home: Home): Promise<string[]> {
  const lines = (await home.processes()).map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""));
  return (await Promise.all(lines)).filter((line) => line.includes("compileall"));
}

it(
  "one that is being compiled has no user, and goes at once with what compiles it",
  async () => {
    await using home = await tempHome();
    const code = Array.from(
      { length: 4000 },
      (_, i) => `def f${i}(a, b=${i}):\n    return [a + b * ${i} for _ in range(a)]\n`,
    );
    const more = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`long/m${i}.py`, code.join("")]));
    const wheel = await makeWheel(`${home.dir}/wheels`, { name: "long", more });
    const dir = await home.project({
      "runtime.yaml": `name: demo\nenvironment: {python: 3.11}\ndependencies:\n  - wheels: [${basename(wheel)}]\n`,
      [basename(wheel)]: new Uint8Array(await readFile(wheel)),
    });
    await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir });
    for (let tries = 0; tries < 300 && (await compilers(home)).length === 0; tries++) await Bun.sleep(20);
    const { pids, prefix } = await infoOf(home, "demo");
    expect([pids, (await compilers(home)).length > 0]).toEqual([[], true]);
    expect((await home.run(["env", "remove", "demo"])).exitCode).toBe(0);
    expect([await compilers(home), existsSync(prefix)]).toEqual([[], false]);
    expect(await home.run(["runtime", "run", "demo", "--", "python", "-c", "import long"])).toMatchObject({
      exitCode: 0,
    });
  },
  MINUTES,
);
