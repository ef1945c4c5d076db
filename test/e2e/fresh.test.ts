/** `build -nc` and `activate -f` make the environment from scratch at a new path; the old one goes with its last user. */
import { expect, test } from "bun:test";
import { readdir, utimes } from "node:fs/promises";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";

const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";
const MINUTES = 60_000;
const FRESH = ["runtime", "build", "-nc", "--prepare", "wait"];

const prefixes = async (home: Home) =>
  (await readdir(`${home.root}/.envs`)).filter((name) => /-\d+$/.test(name)).sort();

/** As if the last activation were an hour ago: within half a minute its process may not be there to be seen yet. */
async function longUnused(home: Home): Promise<void> {
  const then = new Date(Date.now() - 3_600_000);
  for (const name of await readdir(`${home.root}/.envs`))
    if (name.endsWith(".used")) await utimes(`${home.root}/.envs/${name}`, then, then);
}

const builtHome = async (home: Home) => {
  const dir = await home.project({ "runtime.yaml": YAML });
  expect(await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir })).toMatchObject({ exitCode: 0 });
  return dir;
};

bothModes((mode) => {
  test(
    "the replaced environment is removed when nobody uses it, and the new one is used",
    async () => {
      await using home = await tempHome({ mode });
      const dir = await builtHome(home);
      const [first = ""] = await prefixes(home);
      expect(first).toEndWith("-1");
      await longUnused(home);
      expect(await home.run(FRESH, { cwd: dir })).toMatchObject({ exitCode: 0 });
      const second = first.replace(/-1$/, "-2");
      expect(await prefixes(home)).toEqual([second]);
      const ran = await home.run(["runtime", "run", "demo", "python", "-c", "import six, sys; print(sys.prefix)"]);
      expect(ran.stdout.trim()).toEndWith(second);
    },
    2 * MINUTES,
  );

  test(
    "a process in the old environment keeps it until it ends",
    async () => {
      await using home = await tempHome({ mode });
      const dir = await builtHome(home);
      const [first = ""] = await prefixes(home);
      const sleeper = home.spawn(["runtime", "run", "demo", "sleep", "300"]);
      await Bun.sleep(300);
      await longUnused(home);
      expect(await home.run(FRESH, { cwd: dir })).toMatchObject({ exitCode: 0 });
      expect(await prefixes(home)).toEqual([first, first.replace(/-1$/, "-2")]);
      sleeper.kill("SIGKILL");
      await sleeper.exited;
      await longUnused(home);
      expect(await home.run(FRESH, { cwd: dir })).toMatchObject({ exitCode: 0 });
      expect(await prefixes(home)).toEqual([first.replace(/-1$/, "-3")]);
    },
    2 * MINUTES,
  );
});

test(
  "the daemon removes a replaced environment by itself once its last user has left",
  async () => {
    await using home = await tempHome({ env: { SW_DAEMON_IDLE_SECONDS: "3" } });
    const dir = await builtHome(home);
    const sleeper = home.spawn(["runtime", "run", "demo", "sleep", "300"]);
    await Bun.sleep(300);
    await longUnused(home);
    expect(await home.run(FRESH, { cwd: dir })).toMatchObject({ exitCode: 0 });
    expect(await prefixes(home)).toHaveLength(2);
    sleeper.kill("SIGKILL");
    await sleeper.exited;
    await longUnused(home);
    for (let i = 0; i < 100 && (await prefixes(home)).length > 1; i++) {
      await Bun.sleep(200);
      await home.run(["daemon", "status"]);
    }
    expect(await prefixes(home)).toHaveLength(1);
  },
  2 * MINUTES,
);
