/** kill -9 of the daemon while it compiles bytecode: nothing of it goes on, and nothing of it holds the environment. */
import { expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";

const MINUTES = 60_000;
const MODULES = 40;

testWith(needsLinux())(
  "its compilers end with it, and the next one does the rest",
  async () => {
    await using home = await tempHome();
    // Some seconds of work.
    const lines = Array.from({ length: 6000 }, (_, i) => `x${i} = [${i}, "a", {"b": ${i}}]`).join("\n");
    const modules = Array.from({ length: MODULES }, (_, i) => [`slow/m${i}.py`, lines] as const);
    const dest = "lib/python3.11/site-packages/slow";
    const yaml = `name: demo\nenvironment: { python: "3.11" }\ndependencies:\n  - files: [{ src: slow, dest: ${dest} }]\n`;
    const cwd = await home.project({ "runtime.yaml": yaml, ...Object.fromEntries(modules) });
    expect(await home.run(["runtime", "build", "--prepare", "wait"], { cwd })).toMatchObject({ exitCode: 0 });
    const { prefix } = (await home.run(["env", "info", "demo", "-o", "json"])).json;
    const compiled = () => {
      const folder = `${prefix}/${dest}/__pycache__`;
      return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".pyc")).length : 0;
    };
    for (let tries = 0; tries < 600 && compiled() < 2; tries++) await Bun.sleep(20);
    const { pid } = (await home.run(["daemon", "status", "-o", "json"])).json;
    process.kill(pid, "SIGKILL");
    for (let tries = 0; tries < 100 && (await home.processes()).length > 0; tries++) await Bun.sleep(50);
    expect(compiled()).toBeLessThan(MODULES);
    expect(await home.processes()).toEqual([]);
    expect(await home.run(["runtime", "run", "demo", "--", "true"])).toMatchObject({ exitCode: 0 });
    await home.run(["runtime", "shellenv", "demo", "--shell", "json"]);
    for (let tries = 0; tries < 600 && !existsSync(`${prefix}/.swcli/seen/site`); tries++) await Bun.sleep(50);
    expect(compiled()).toBe(MODULES);
  },
  2 * MINUTES,
);
