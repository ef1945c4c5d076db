/** Operations seen from outside: attached to, replayed, listed, cancelled, ended with their client. */
import { expect, test } from "bun:test";
import { globSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { slowProject } from "./slow-project.ts";

const MINUTES = 60_000;

const engines = async (home: Home) => (await home.processes()).length;
async function settled(home: Home, count: number): Promise<void> {
  for (let i = 0; i < 500 && (await engines(home)) !== count; i++) await Bun.sleep(10);
  expect(await engines(home)).toBe(count);
}

/** The engine's folder goes right after the engine. */
async function emptied(home: Home): Promise<void> {
  const ingest = () => readdir(`${home.root}/.store/v1/ingest`);
  for (let i = 0; i < 500 && (await ingest()).length > 0; i++) await Bun.sleep(10);
  expect(await ingest()).toEqual([]);
}

const opOf = (log: string, title: string) => new RegExp(`op ([0-9a-f]+) ${title} begins`).exec(log)?.[1] ?? "";

test(
  "daemon logs --op replays an operation from its start, while it runs and after its end",
  async () => {
    await using home = await tempHome();
    await using project = await slowProject(home, { delayMs: 1000 });
    const { options } = project;
    const build = home.spawn(["runtime", "build", "--prepare", "no"], options);
    await project.asked();
    const op = opOf((await home.run(["daemon", "logs"])).stdout, "build \\S+");
    const watching = await home.run(["daemon", "logs", "--op", op]);
    expect(watching.stdout).toMatch(/^Resolving 1 requirement for Python 3\.11 .*\n(.*\n)*done\n$/);
    expect((await build.result()).exitCode).toBe(0);
    const replayed = await home.run(["daemon", "logs", "--op", op, "-o", "json"]);
    expect(replayed.json).toMatchObject({ op, failed: null });
    expect(replayed.json.lines[0]).toStartWith("Resolving 1 requirement");
    const unknown = await home.run(["daemon", "logs", "--op", "nonesuch"]);
    expect(unknown.exitCode).toBe(3);
    expect(unknown.stderr).toContain(`${op} (build ${options.cwd})`);
  },
  MINUTES,
);

test(
  "an operation that failed shows its error to who attaches, and the attaching itself works",
  async () => {
    await using home = await tempHome();
    const dir = await home.project({ "runtime.yaml": "name: demo\nenvironment: {python: 2.7}\n" });
    await home.run(["runtime", "build"], { cwd: dir });
    const op = opOf((await home.run(["daemon", "logs"])).stdout, "build \\S+");
    const shown = await home.run(["daemon", "logs", "--op", op]);
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).toContain("(MANIFEST_PYTHON)");
  },
  MINUTES,
);

test(
  "a client that is killed stops its build and the engine; nothing is left of it",
  async () => {
    await using home = await tempHome();
    await using project = await slowProject(home, { delayMs: 20_000 });
    const { options } = project;
    await home.run(["daemon", "start"]);
    const build = home.spawn(["runtime", "build"], options);
    await project.asked();
    build.kill("SIGKILL");
    await settled(home, 1);
    await emptied(home);
    expect((await home.run(["runtime", "list", "-o", "json"])).json).toEqual([]);
  },
  MINUTES,
);

test(
  "of two equal builds one client may be killed: the other gets its version, from one resolution",
  async () => {
    await using home = await tempHome();
    await using project = await slowProject(home, { delayMs: 1500 });
    const { index, options } = project;
    await home.run(["daemon", "start"]);
    const args = ["runtime", "build", "--prepare", "no", "-o", "json"];
    const first = home.spawn(args, options);
    await project.asked();
    const second = home.spawn(args, options);
    await second.said("Resolving 1 requirement");
    first.kill("SIGKILL");
    const built = await second.result();
    expect(built).toMatchObject({ exitCode: 0, json: { name: "demo", unchanged: false } });
    expect(index.asked.filter((path) => path === "/simple/revpkg/")).toHaveLength(1);
  },
  MINUTES,
);

bothModes((mode) => {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    test(
      `${signal} stops the engine, exits ${code} and leaves nothing half-made`,
      async () => {
        await using home = await tempHome({ mode });
        await using project = await slowProject(home, { delayMs: 20_000 });
        const { options } = project;
        const daemons = mode === "daemon" ? 1 : 0;
        const build = home.spawn(["runtime", "build"], options);
        await project.asked();
        build.kill(signal);
        expect((await build.result()).exitCode).toBe(code);
        await settled(home, daemons);
        await emptied(home);
      },
      MINUTES,
    );
  }

  test(
    "the lock says whether it was resolved before",
    async () => {
      await using home = await tempHome({ mode });
      await using project = await slowProject(home, { delayMs: 0 });
      const { options } = project;
      const args = ["runtime", "build", "--prepare", "no", "-o", "json"];
      const cached = async (...more: string[]) => (await home.run([...args, ...more], options)).json.lock.cached;
      expect([await cached(), await cached(), await cached("-n", "other"), await cached("-nc")]).toEqual([
        false,
        true,
        true,
        false,
      ]);
    },
    MINUTES,
  );

  test(
    "the same lock under another name costs less than 64 KiB, activation in a shell included",
    async () => {
      await using home = await tempHome({ mode });
      await using project = await slowProject(home, { delayMs: 0 });
      const { options } = project;
      const env = { ...options.env, SHELL: "/bin/bash" };
      await home.run(["runtime", "build"], options);
      await home.run(["runtime", "activate", "demo"], { env });
      // The daemon has done its work in the background when it knows what a shell may see; all that is shared is there then.
      const isKnown = () => globSync(`${home.root}/.store/v1/activation/by-uri/demo/@/on*`).length > 0;
      for (let tries = 0; mode === "daemon" && tries < 300 && !isKnown(); tries++)
        await home.run(["runtime", "run", "demo", "true"], { env });
      // The one environment is shared, and its modules are still being compiled: links of them fill the pool of bytecode.
      const shared = ["--exclude=.envs", "--exclude=bytecode"];
      const kib = async () => Number((await home.exec(["du", "-sk", ...shared, home.root])).stdout.split("\t")[0]);
      const before = await kib();
      await home.run(["runtime", "build", "-n", "other"], options);
      expect((await home.run(["runtime", "run", "other", "true"], { env })).exitCode).toBe(0);
      const afterRun = await kib();
      expect((await home.run(["runtime", "activate", "other"], { env })).exitCode).toBe(0);
      expect(afterRun - before).toBeLessThanOrEqual(24);
      expect((await kib()) - before).toBeLessThanOrEqual(64);
      expect((await readdir(`${home.root}/.envs`)).filter((name) => /-\d+$/.test(name))).toHaveLength(1);
    },
    MINUTES,
  );
});
