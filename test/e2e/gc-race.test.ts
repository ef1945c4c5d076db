/** gc in a loop while other processes build, remove and read: nobody loses anything. */
import { expect, test } from "bun:test";
import { type Home, tempHome } from "../helpers/home.ts";

const ROUNDS = 12;

async function fine(home: Home, args: string[], cwd?: string): Promise<void> {
  const ran = await home.run(args, { cwd });
  if (ran.exitCode !== 0) throw new Error(`${args.join(" ")}: ${ran.stdout}${ran.stderr}`);
}

/** Builds the same versions again and again and removes them for good, so that their content comes and goes. */
async function builder(home: Home, name: string, shared: string): Promise<void> {
  const yaml = `name: ${name}\nenvironment:\n  python: '3.11'\ndependencies:\n  - files:\n      - {src: data, dest: data}\n`;
  const dir = await home.project({ "runtime.yaml": yaml, "data/own": name, "data/shared": shared });
  for (let round = 0; round < ROUNDS; round++) {
    await fine(home, ["runtime", "build", "-del", "--prepare", "no"], dir);
    const out = await home.project({});
    await fine(home, ["runtime", "extract", name, "--target-dir", `${out}/x`]);
    await fine(home, ["runtime", "remove", "-f", name]);
  }
  await fine(home, ["runtime", "build", "-del", "--prepare", "no"], dir);
}

for (const mode of ["daemon", "in-process"] as const) {
  test(`builds that run while gc sweeps in a loop lose nothing (${mode} builds, in-process gc)`, async () => {
    await using home = await tempHome({ mode });
    const state = { building: true, sweeps: 0 };
    const sweeper = async () => {
      while (state.building) {
        const ran = await home.run(["gc", "--yes"], { env: { SW_NO_DAEMON: "1" } });
        if (ran.exitCode !== 0) throw new Error(ran.stdout + ran.stderr);
        state.sweeps++;
      }
    };
    const builders = ["a", "b", "c"].map((name) => builder(home, name, "the same in all"));
    const building = Promise.all(builders).finally(() => {
      state.building = false;
    });
    await Promise.all([building, sweeper()]);
    expect(state.sweeps).toBeGreaterThan(3);
    const checked = await home.run(["doctor", "--store"]);
    expect(checked.stdout + checked.stderr).not.toMatch(/damaged|lost|missing/i);
    expect(checked.exitCode).toBe(0);
    for (const name of ["a", "b", "c"]) {
      await fine(home, ["runtime", "extract", name, "--target-dir", `${home.dir}/last-${name}`]);
      expect(await Bun.file(`${home.dir}/last-${name}/files/data/own`).text()).toBe(name);
    }
  }, 180_000);
}
