/** The environments of a machine: listed with size and users, compiled in the background, removed, pruned. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, utimesSync } from "node:fs";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";

const MINUTES = 60_000;
const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";

const settled = async (prefix: string) => {
  for (let tries = 0; tries < 300 && !existsSync(`${prefix}/.swcli/seen/site`); tries++) await Bun.sleep(100);
};

bothModes((mode) => {
  let home: Home;
  beforeAll(async () => {
    home = await tempHome({ mode });
  });
  afterAll(async () => await home[Symbol.asyncDispose]());

  const build = async (name: string, ...words: string[]) => {
    const dir = await home.project({ "runtime.yaml": YAML.replace("demo", name) });
    const built = await home.run(["runtime", "build", "--prepare", "wait", ...words], { cwd: dir });
    if (built.exitCode !== 0) throw new Error(built.stderr);
  };
  const list = async () => (await home.run(["env", "list", "-o", "json"])).json;
  const compiled = (prefix: string) =>
    readdirSync(prefix, { recursive: true }).some((path) => String(path).endsWith("six.cpython-311.pyc"));

  test(
    "an environment is listed once, with the runtimes that share it",
    async () => {
      await build("demo");
      await build("twin");
      await settled((await list())[0].prefix);
      const rows = await list();
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({
        kind: "shared",
        runtimes: ["self/demo", "self/twin"],
        pids: [],
        changed: [],
        mode: "venv",
      });
      expect(rows[0].size).toBeGreaterThan(rows[0].own_size);
      expect(existsSync(rows[0].python)).toBe(true);
      const info = await home.run(["env", "info", "twin"]);
      expect(info.stdout).toContain(`${rows[0].prefix}/bin/python`);
    },
    MINUTES,
  );

  test(
    "bytecode comes after it is ready, unless nobody wants it",
    async () => {
      const [{ prefix, name }] = await list();
      await settled(prefix);
      expect(compiled(prefix)).toBe(mode === "daemon");
      await home.run(["env", "remove", "demo"]);
      await home.run(["runtime", "activate", "--no-compile", "demo"], { stdin: "true\n", env: { SHELL: "/bin/sh" } });
      const [again] = await list();
      expect(again.name).toBe(name);
      await settled(again.prefix);
      expect(compiled(again.prefix)).toBe(false);
    },
    MINUTES,
  );

  test(
    "a build with `--no-compile` leaves it without bytecode",
    async () => {
      await home.run(["env", "remove", "demo"]);
      await build("demo", "--no-compile");
      const [{ prefix }] = await list();
      await settled(prefix);
      expect([existsSync(`${prefix}/.swcli/bytecode-leave`), compiled(prefix)]).toEqual([true, false]);
    },
    MINUTES,
  );

  test(
    "`--compile` makes up for what was left, and so does a daemon for a command without one",
    async () => {
      const [{ prefix }] = await list();
      await home.run(["runtime", "run", "demo", "--", "true"]);
      expect(compiled(prefix)).toBe(false);
      const enter = async (...words: string[]) =>
        await home.run(["runtime", "activate", ...words, "demo"], { stdin: "true\n", env: { SHELL: "/bin/sh" } });
      await enter("--compile");
      for (let tries = 0; tries < 300 && !compiled(prefix); tries++) await Bun.sleep(50);
      expect(compiled(prefix)).toBe(true);
      await settled(prefix);
      expect(await home.run(["env", "verify", "demo"])).toMatchObject({ exitCode: 0 });
      await home.run(["env", "remove", "demo"]);
      await home.run(["--no-daemon", "runtime", "run", "demo", "--", "true"]);
      const [{ prefix: quick }] = await list();
      expect(compiled(quick)).toBe(false);
      await enter();
      const isDone = () => mode !== "daemon" || existsSync(`${quick}/.swcli/bytecode-compile`);
      for (let tries = 0; tries < 100 && !isDone(); tries++) await Bun.sleep(50);
      expect(compiled(quick)).toBe(mode === "daemon");
      await settled(quick);
    },
    MINUTES,
  );

  test(
    "one in use is not removed: by a process, and by a hooked shell that runs nothing",
    async () => {
      const [{ prefix }] = await list();
      const sleeper = home.spawn(["runtime", "run", "demo", "--", "sh", "-c", "echo up; sleep 60"]);
      await sleeper.said("up");
      const refused = await home.run(["env", "remove", "demo"]);
      expect(refused.exitCode).toBe(4);
      expect(refused.stderr).toContain(String(sleeper.pid));
      sleeper.killGroup("SIGKILL");
      await sleeper.exited;
      await settled(prefix);
      const hook = (await home.run(["shell", "init", "bash"])).stdout;
      const body = "swcli runtime activate demo; deactivate; swcli runtime activate demo; echo up; read -r line";
      const file = await home.write("hooked", `${hook}\n${body}\n`);
      const fifo = `${home.dir}/fifo`;
      await home.exec(["mkfifo", fifo]);
      const holder = Bun.spawn(["bash", "--norc", "-c", `exec 3<>'${fifo}'; bash --norc '${file}' <&3`], {
        env: home.env,
        stdout: "pipe",
      });
      const reader = holder.stdout.getReader();
      await reader.read();
      const [{ pids }] = await list();
      expect(pids).toHaveLength(1);
      expect((await home.run(["env", "remove", "demo"])).exitCode).toBe(4);
      await Bun.write(fifo, "\n");
      await holder.exited;
      expect((await home.run(["env", "remove", "demo"])).exitCode).toBe(0);
      expect(existsSync(prefix)).toBe(false);
    },
    MINUTES,
  );

  test(
    "prune takes what no runtime needs and what was made for a shell that ended, not what has a name",
    async () => {
      await build("gone", "--no-cache");
      const used = ["-c", `"$SW" runtime run --writable demo -- true; exit`];
      await home.exec(["sh", ...used], { env: { SW: SWCLI_BIN } });
      const folder = `${home.root}/.envs/writable`;
      // Within half a minute somebody may still be on the way in.
      for (const name of readdirSync(folder)) if (name.endsWith(".used")) utimesSync(`${folder}/${name}`, 0, 0);
      await home.run(["runtime", "run", "--writable=keep", "demo", "--", "true"]);
      for (const name of ["demo", "twin", "gone"]) await home.run(["runtime", "remove", "--force", name]);
      const dry = await home.run(["env", "prune", "--dry-run", "-o", "json"]);
      expect(dry.json.freed_bytes).toBeGreaterThan(0);
      const pruned = await home.run(["env", "prune", "-o", "json"]);
      const whys = pruned.json.environments.map(({ why }: { why: string }) => why);
      expect(whys).toContain("its shell has ended");
      expect(
        (await list())
          .filter((row: { kind: string }) => row.kind === "writable")
          .map((row: { name: string }) => row.name),
      ).toEqual(["keep"]);
      expect((await home.run(["env", "remove", "keep"])).exitCode).toBe(0);
    },
    MINUTES,
  );

  test("what is not there is said", async () => {
    const ran = await home.run(["env", "info", "0123456789abcdef"]);
    expect(ran.exitCode).toBe(3);
  });
});

// In-process nothing is compiled: there is no background.
test(
  "a second environment of almost the same packages shares their bytecode too",
  async () => {
    await using home = await tempHome();
    const yaml = (name: string, more: string) => `${YAML.replace("demo", name)}      - rich\n${more}`;
    for (const [name, more] of [
      ["big", ""],
      ["bigger", "      - idna\n"],
    ] as const) {
      const dir = await home.project({ "runtime.yaml": yaml(name, more) });
      await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir });
      await settled((await home.run(["env", "info", name, "-o", "json"])).json.prefix);
    }
    const rows = (await home.run(["env", "list", "-o", "json"])).json.filter(({ runtimes }: { runtimes: string[] }) =>
      runtimes.some((one) => /self\/big/.test(one)),
    );
    expect(rows).toHaveLength(2);
    for (const { own_size, size } of rows) expect(own_size).toBeLessThan(size * 0.15);
    const { prefix } = rows[0];
    const code = "import rich.text; print(rich.text.Text.append.__code__.co_filename)";
    const ran = await home.exec([`${prefix}/bin/python`, "-c", code]);
    expect(ran.stdout.trim()).toBe(`${prefix}/lib/python3.11/site-packages/rich/text.py`);
  },
  2 * MINUTES,
);
