/** The hook for nushell: `swcli runtime activate` changes the shell, `swcli deactivate` gives back what is still ours. */
import { afterAll, beforeAll, expect } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { buildRuntime, MINUTES } from "./activated.ts";

const it = testWith(needsProgram("nu"));

/** Everything that nushell has, less what belongs to the command that asks. */
const SNAP = "def snap [] { $env | reject --optional PWD OLDPWD LAST_EXIT_CODE CMD_DURATION_MS | to nuon --serialize }";

bothModes((mode) => {
  let home: Home;
  let prefix = "";
  beforeAll(async () => {
    home = await tempHome({ mode });
    // A daemon that has just begun removes what was not finished, as one looks from which a part is away: it must have looked.
    const unfinished = `${home.root}/.envs/${"0".repeat(32)}-1`;
    if (mode === "daemon") await mkdir(unfinished, { recursive: true });
    await buildRuntime(home, "demo");
    prefix = (await home.run(["runtime", "run", "demo", "sh", "-c", "echo $VIRTUAL_ENV"])).stdout.trim();
    const isCalm = () => existsSync(`${prefix}/.swcli/seen/site`) && !existsSync(unfinished);
    for (let tries = 0; tries < 300 && !isCalm(); tries++) await Bun.sleep(100);
  }, 2 * MINUTES);
  afterAll(async () => await home[Symbol.asyncDispose]());

  const nu = async (script: string, env: Record<string, string | undefined> = {}) => {
    const hook = await home.run(["shell", "init", "nu"]);
    const file = await home.write("script.nu", `${hook.stdout}\n${SNAP}\n${script}\n`);
    return await home.exec(["nu", "--no-config-file", file], { env });
  };

  it("the shell gets the runtime and gives everything back", async () => {
    const env = { VIRTUAL_ENV: 'mine\'s "own"', PYTHONHOME: "/two\nlines", PS1: undefined };
    const body =
      "let before = (snap)\nswcli runtime activate demo\nprint (which python | first).path $env.VIRTUAL_ENV_PROMPT ('PYTHONHOME' in $env)\n" +
      '^python -c \'import six, os; print(os.environ["SW_ACTIVATED_RUNTIME_MODE_IN_SHELL"], "_SWRT" in os.environ)\'\n' +
      "swcli deactivate\nprint ((snap) == $before)";
    const ran = await nu(body, env);
    expect(ran).toMatchObject({
      stdout: `${prefix}/bin/python\ndemo\nfalse\nvenv False\ntrue\n`,
      stderr: "",
      exitCode: 0,
    });
  });

  it("nobody is asked while nothing has changed, and a change is noticed", async () => {
    const hook = (await home.run(["shell", "init", "nu"])).stdout;
    const nobody = hook.replaceAll(JSON.stringify(SWCLI_BIN), '"/nowhere"').replace('"swcli"', '"/nowhere"');
    expect(nobody).not.toContain(SWCLI_BIN);
    const alone = async () => {
      const script =
        "swcli runtime activate demo\nprint (which python | first).path $env.VIRTUAL_ENV_PROMPT\nswcli deactivate";
      const file = await home.write("alone.nu", `${nobody}\n${script}\nprint ('VIRTUAL_ENV' in $env)\n`);
      const { stdout, exitCode } = await home.exec(["nu", "--no-config-file", file], {
        env: { VIRTUAL_ENV: undefined },
      });
      return exitCode === 0 ? stdout : "asked";
    };
    const known = `${prefix}/bin/python\ndemo\nfalse\n`;
    await nu("swcli runtime activate demo");
    expect(await alone()).toBe(known);
    /** As if nobody had put anything into `bin` or taken it away. */
    const untouched = async () => await home.exec(["touch", "-r", `${prefix}/.swcli/seen/bin`, `${prefix}/bin`]);
    for (const file of [`${prefix}/pyvenv.cfg`, `${prefix}/bin/python`, prefix.replace(/-\d+$/, ".json")]) {
      await rename(file, `${file}.away`);
      expect([file, await alone()]).toEqual([file, "asked"]);
      await rename(`${file}.away`, file);
      await untouched();
      expect(await alone()).toBe(known);
    }
    await home.write(`${prefix}/bin/planted`, "");
    expect(await alone()).toBe("asked");
    await rm(`${prefix}/bin/planted`);
    await untouched();
    expect(await alone()).toBe(known);
    const config = await home.write(".config/starwhale/config.yaml", "current_instance: local\n");
    expect(await alone()).toBe("asked");
    await rm(config);
    expect(await alone()).toBe(known);
    await home.run(["runtime", "tag", "demo", "moved"]);
    expect(await alone()).toBe("asked");
  });

  it("a store whose path looks like a pattern is read as it is", async () => {
    const env = { SW_LOCAL_STORAGE: `${home.dir}/odd [st*re] {1..2}` };
    const yaml = "name: demo\nenvironment:\n  python: 3.11\n";
    const dir = await home.project({ "runtime.yaml": yaml });
    expect(await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir, env })).toMatchObject({ exitCode: 0 });
    for (let times = 0; times < 2; times++) {
      const ran = await nu("swcli runtime activate demo; print $env.VIRTUAL_ENV", env);
      expect(ran.stdout).toStartWith(`${env.SW_LOCAL_STORAGE}/.envs/`);
    }
  });

  it("what somebody has changed since stays, and only our entry leaves the PATH", async () => {
    const body =
      "$env.PATH = ['/a' '/b']\nswcli runtime activate demo\n$env.PATH = ['/new' ...$env.PATH]\n$env.VIRTUAL_ENV = 'theirs'\n" +
      "swcli deactivate\nprint ($env.PATH | str join ' ') $env.VIRTUAL_ENV ('VIRTUAL_ENV_PROMPT' in $env)";
    expect((await nu(body)).stdout).toBe("/new /a /b\ntheirs\nfalse\n");
  });

  it("activations switch, and a runtime of an outer shell steps aside", async () => {
    const twice =
      "swcli runtime activate demo; swcli runtime activate demo; print ($env.PATH | first 2 | str join ' ')";
    const env = { PATH: `/outer/bin:${process.env.PATH}`, SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL: "/outer" };
    const ran = await nu(`${twice}; swcli deactivate; print ($env.PATH | first)`, env);
    const [first = "", left] = ran.stdout.trim().split("\n");
    expect(first).toStartWith(`${prefix}/bin /`);
    expect(first).not.toContain("/outer/bin");
    expect(left).toBe("/outer/bin");
  });

  it("the prompt is marked, unless nobody wants it or starship draws it, and comes back", async () => {
    const body =
      "$env.PROMPT_COMMAND = {|| 'mine> ' }\nswcli runtime activate demo\nprint (do $env.PROMPT_COMMAND)\nswcli deactivate\nprint (do $env.PROMPT_COMMAND)";
    expect((await nu(body)).stdout).toBe("(demo) mine> \nmine> \n");
    expect((await nu(body, { VIRTUAL_ENV_DISABLE_PROMPT: "1" })).stdout).toBe("mine> \nmine> \n");
    expect((await nu(body, { STARSHIP_SHELL: "nu" })).stdout).toBe("mine> \nmine> \n");
    const theirs = body.replace("swcli deactivate", "$env.PROMPT_COMMAND = {|| 'new> ' }\nswcli deactivate");
    expect((await nu(theirs)).stdout).toBe("(demo) mine> \nnew> \n");
  });

  it("global options don't hide the verb; other words, also options, go to the binary as they are", async () => {
    const ways = [
      "-v runtime activate demo",
      "--color never rt actv demo",
      "-o json runtime -v activate demo",
      "runtime act demo -o json",
    ];
    for (const words of ways) {
      const ran = await nu(
        `swcli ${words}\nprint $env.VIRTUAL_ENV_PROMPT\nswcli -v deactivate\nprint ('_SWRT' in $env)`,
      );
      expect([words, ran.stdout]).toEqual([words, "demo\nfalse\n"]);
    }
    const code = "import sys; print(sys.argv[1:])";
    const passed = await nu(`swcli runtime run demo -- python -c '${code}' -o 'a b' --x=1`);
    expect(passed.stdout).toBe("['-o', 'a b', '--x=1']\n");
    expect((await nu("swcli runtime activate --help")).stdout).toContain("--force-restore");
    const typo = await nu("try { swcli runtime actual demo }\nprint ('_SWRT' in $env)");
    expect(typo.stderr).toContain('unknown command "actual"');
    expect(typo.stdout).toBe("false\n");
  });

  it("a private environment is entered too", async () => {
    const ran = await nu("swcli runtime activate --writable=mine demo; print $env.VIRTUAL_ENV; swcli deactivate");
    expect(ran.stdout).toMatch(/\/writable\/mine\n$/);
  });

  it("what is wrong is said, and the shell stays as it was", async () => {
    const ran = await nu("try { swcli runtime activate nothing }\nprint ('VIRTUAL_ENV' in $env) ('_SWRT' in $env)", {
      VIRTUAL_ENV: undefined,
    });
    expect(ran.stderr).toContain("(RUNTIME_NOT_FOUND)");
    expect(ran.stdout).toBe("false\nfalse\n");
    const off = await nu("swcli deactivate");
    expect(off.stderr).toContain("no runtime is active");
  });
});
