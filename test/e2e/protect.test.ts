/** A shared environment does not change: pip, real or ours, is told so in one line, and its folders are read-only. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, statSync } from "node:fs";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";

const MINUTES = 60_000;
const yaml = (name: string, packages: string[]) =>
  `name: ${name}\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n${packages.map((one) => `      - ${one}\n`).join("")}`;

const LINE = /^error: this environment is shared and does not change; .*swcli runtime activate --writable \S+\n$/;

bothModes((mode) => {
  let home: Home;
  beforeAll(async () => {
    home = await tempHome({ mode });
    for (const [name, packages] of [
      ["bare", ["six"]],
      ["withpip", ["six", "pip"]],
    ] as const) {
      const dir = await home.project({ "runtime.yaml": yaml(name, [...packages]) });
      const built = await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir });
      if (built.exitCode !== 0) throw new Error(built.stderr);
    }
  }, 2 * MINUTES);
  afterAll(async () => await home[Symbol.asyncDispose]());

  const run = async (...words: string[]) => await home.run(["runtime", "run", ...words]);
  const freeze = async (name: string) => (await run(name, "--", "python", "-m", "pip", "freeze")).stdout;

  const CHANGES = [
    ["pip", "install", "idna"],
    ["pip3", "install", "--upgrade", "six"],
    ["pip3.11", "uninstall", "-y", "six"],
    ["python", "-m", "pip", "install", "idna"],
    ["python", "-I", "-m", "pip", "--proxy", "http://x", "uninstall", "-y", "six"],
    ["python", "-Im", "pip", "install", "idna"],
    ["python", "-Impip", "install", "idna"],
    ["python", "-X", "utf8", "-mpip", "install", "idna"],
    // Without --ignore-installed pip takes away what is here.
    ["pip", "install", "--prefix", "/nowhere", "six==1.15.0"],
    ["pip", "install", "--root=/nowhere", "six==1.15.0"],
    ["pip", "install", "--target=", "idna"],
    ["python", "-m", "ensurepip"],
  ];
  for (const name of ["bare", "withpip"]) {
    for (const words of CHANGES) {
      test(`${name}: \`${words.join(" ")}\` changes nothing and says how to get a writable one`, async () => {
        const before = await freeze(name);
        const ran = await run(name, "--", ...words);
        expect(ran.exitCode).toBe(1);
        expect(ran.stderr).toMatch(LINE);
        expect(await freeze(name)).toBe(before);
      });
    }
    test(`${name}: pip lists, shows, freezes and checks this environment`, async () => {
      expect((await run(name, "--", "pip", "list")).stdout).toMatch(/six\s+1\.\d/);
      expect(await freeze(name)).toContain("six==1.");
      expect((await run(name, "--", "pip", "show", "six")).stdout).toContain("Name: six");
      expect((await run(name, "--", "pip3", "check")).exitCode).toBe(0);
      const version = await run(name, "--", "pip", "--version");
      expect(version.stdout).toContain(`${home.root}/.envs/`);
    });
  }

  for (const name of ["bare", "withpip"]) {
    test(
      `${name}: pip may install into another folder`,
      async () => {
        const before = await freeze(name);
        const target = (n: number) => `${home.dir}/${name}-${n}`;
        const install = async (words: string[], env = {}) =>
          await home.run(["runtime", "run", name, "--", "pip", "install", ...words, "idna==3.6"], { env });
        expect(await install(["-t", target(1)])).toMatchObject({ exitCode: 0 });
        expect(await install([`-t${target(2)}`])).toMatchObject({ exitCode: 0 });
        expect(await install(["-q"], { PIP_TARGET: target(3) })).toMatchObject({ exitCode: 0 });
        for (const n of [1, 2, 3]) expect(existsSync(`${target(n)}/idna/core.py`)).toBe(true);
        expect(await install(["--dry-run"])).toMatchObject({ exitCode: 0 });
        expect(await freeze(name)).toBe(before);
        const inside = '-t"$VIRTUAL_ENV"/lib/python3.11/site-packages';
        expect((await run(name, "--", "sh", "-c", `pip install ${inside} idna`)).stderr).toMatch(LINE);
      },
      MINUTES,
    );
  }

  test(
    "the line works as it stands, for a runtime of another project and for its environment used by its path",
    async () => {
      await home.run(["project", "create", "team"]);
      const dir = await home.project({ "runtime.yaml": yaml("solo", ["six", "idna"]) });
      const words = ["runtime", "build", "--project", "team", "--prepare", "wait"];
      expect(await home.run(words, { cwd: dir })).toMatchObject({ exitCode: 0 });
      const uri = "local/project/team/runtime/solo";
      const python = (await run(uri, "--", "sh", "-c", "command -v python")).stdout.trim();
      for (const ran of [
        await run(uri, "--", "pip", "install", "idna"),
        await home.exec([python, "-m", "pip", "install", "idna"]),
        await run("bare", "--", python, "-m", "pip", "install", "idna"),
      ]) {
        expect(ran.stderr).toMatch(LINE);
        const [, command = ""] = /(swcli runtime activate .*)\n/.exec(ran.stderr) ?? [];
        const typed = command.split(" ").slice(1);
        const stdin = 'echo "$VIRTUAL_ENV"; pip list\n';
        const entered = await home.run(typed, { stdin, env: { SHELL: "/bin/sh" } });
        expect(entered).toMatchObject({ exitCode: 0 });
        expect(entered.stdout).toContain("/.envs/writable/");
        expect(entered.stdout).toMatch(/^idna /m);
      }
    },
    MINUTES,
  );

  test("a script that is no pip may have an argument that reads like one", async () => {
    const script = await home.write("tool.py", "import sys; print(sys.argv[1:])\n");
    const ran = await run("bare", "--", "python", script, "pip", "install");
    expect(ran).toMatchObject({ stdout: "['pip', 'install']\n", exitCode: 0 });
  });

  test(
    "its folders can't be written, its files keep their modes, and it can still be removed",
    async () => {
      const envs = `${home.root}/.envs`;
      const prefixes = readdirSync(envs).filter((name) => /-1$/.test(name));
      for (let tries = 0; tries < 100 && prefixes.some((one) => !isReadOnly(`${envs}/${one}`)); tries++)
        await Bun.sleep(100);
      for (const one of prefixes) {
        const folders = readdirSync(`${envs}/${one}`, { recursive: true, withFileTypes: true }).filter((e) =>
          e.isDirectory(),
        );
        expect(folders.length).toBeGreaterThan(5);
        for (const folder of folders) expect(isReadOnly(`${folder.parentPath}/${folder.name}`)).toBe(true);
      }
      const forced = await home.run(["runtime", "activate", "-f", "bare"], {
        stdin: "command -v python\n",
        env: { SHELL: "/bin/sh" },
      });
      expect(forced.stdout).toContain("-2/bin/python");
      expect(existsSync(`${envs}/${prefixes[0]}`)).toBeDefined();
    },
    MINUTES,
  );
});

const isReadOnly = (path: string) => (statSync(path).mode & 0o222) === 0;
