/**
 * `runtime activate` in a sub-shell, with commands on stdin: which shell, what it finds, how it is left, what it refuses.
 * On a terminal: activate-terminal.test.ts. The first time: activate-first.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsLinux, needsProgram, testWith } from "../helpers/needs.ts";
import { activateIn, buildRuntime, MINUTES, SHELLS } from "./activated.ts";

// Says the program and the parent of the shell that runs it.
const WHERE = '#!/bin/sh\nreadlink "/proc/$PPID/exe"\ncut -d " " -f 4 "/proc/$PPID/stat"\n';

bothModes((mode) => {
  let home: Home;
  let version = "";
  let prefix = "";
  beforeAll(async () => {
    home = await tempHome({ mode });
    await buildRuntime(home, "demo");
    await buildRuntime(home, "other", { six: "1.16.0" });
    await home.write("where", WHERE, 0o755);
    const rows = (await home.run(["runtime", "list", "-o", "json"])).json;
    version = rows.find((row: { name: string }) => row.name === "demo").version;
    prefix = (await home.run(["runtime", "run", "demo", "sh", "-c", "echo $VIRTUAL_ENV"])).stdout.trim();
  }, 3 * MINUTES);
  afterAll(async () => await home[Symbol.asyncDispose]());

  for (const shell of SHELLS) {
    describe(shell, () => {
      const it = testWith(needsProgram(shell));
      const activate = (commands: string, options = {}) => activateIn(home, shell, commands, options);

      it("commands from stdin run inside, and the exit code of the last one is passed on", async () => {
        const ran = await activate("command -v python\npython -c 'import six, sys; sys.exit(37)'\n");
        expect(ran).toMatchObject({ stdout: `${prefix}/bin/python\n`, stderr: "", exitCode: 37 });
        expect(await activate("echo in\nexit 5\necho more\n")).toMatchObject({ stdout: "in\n", exitCode: 5 });
        expect((await activate("")).exitCode).toBe(0);
      });

      it("the variables of the Python client are set, and what would mislead Python is not", async () => {
        const env = { PYTHONHOME: "/nowhere" };
        const ran = await activate("env | grep -E '^(SW_ACTIVATED|VIRTUAL_ENV|PYTHONHOME)' | sort\n", { env });
        expect(ran.stdout.trim().split("\n")).toEqual([
          "SW_ACTIVATED_RUNTIME_MODE_IN_SHELL=venv",
          `SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL=${prefix}`,
          `SW_ACTIVATED_RUNTIME_URI_IN_SHELL=local/project/self/runtime/demo/version/${version}`,
          `VIRTUAL_ENV=${prefix}`,
          "VIRTUAL_ENV_PROMPT=demo",
        ]);
      });

      for (const word of ["deactivate", "venv deactivate"]) {
        it(`\`${word}\` gives everything back`, async () => {
          const look = `env | grep -cE '^(SW_ACTIVATED|VIRTUAL_ENV)'\necho "$PATH"\n`;
          const ran = await activate(`${look}${word}\n${look}exit 3\n`);
          const path = home.env.PATH ?? "";
          expect(ran).toMatchObject({ stdout: `5\n${prefix}/bin:${path}\n0\n${path}\n`, stderr: "", exitCode: 3 });
        });
      }

      testWith(needsProgram(shell), needsLinux())(
        "it is the shell that started us, and nobody stands between",
        async () => {
          const own = shell === "fish" ? "$fish_pid" : "$$";
          const script = `"$HOME/where"; echo ${own}\n`;
          const outer = await home.write(
            "outer",
            `echo ${own}; echo '${script.trim()}' | "$SW" runtime activate demo; true\n`,
          );
          const ran = await home.exec([shell, outer], { env: { SW: SWCLI_BIN, SHELL: "/bin/false" } });
          const [outerPid, program, parent, innerPid] = ran.stdout.trim().split("\n");
          expect(program).toMatch(new RegExp(`/${shell}[0-9.]*$`));
          expect(parent).toBe(outerPid ?? "");
          expect(innerPid).not.toBe(outerPid);
        },
      );

      it("folders with blanks, quotes, newlines and letters of all kinds are as good as others", async () => {
        const folder = `${home.dir}/odd "it's" $HOME\nü`;
        await mkdir(folder, { recursive: true });
        await writeFile(`${folder}/here`, "found\n");
        expect((await activate("cat here\npython -c 'import os; print(os.getcwd())'\n", { cwd: folder })).stdout).toBe(
          `found\n${folder}\n`,
        );
      });

      it("inside another one the inner counts alone, and the outer is there again behind it", async () => {
        const look = 'echo "$VIRTUAL_ENV_PROMPT"; echo "$PATH" | grep -o /.envs/ | grep -c .';
        const inner = `echo '${look}; exit 9' | "$SW" runtime activate other`;
        const code = shell === "fish" ? "$status" : "$?";
        const ran = await activate(`${look}\n${inner}\necho ${code}\n${look}\n`);
        expect(ran).toMatchObject({ stdout: "demo\n1\nother\n1\n9\ndemo\n1\n", stderr: "" });
      });
    });
  }

  test("a parent that is no shell leaves the choice to $SHELL, and that to /bin/sh", async () => {
    const say = 'echo "${BASH_VERSION:+bash}${ZSH_VERSION:+zsh}-$VIRTUAL_ENV_PROMPT"\n';
    const from = async (SHELL: string | undefined) =>
      (await home.run(["runtime", "activate", "demo"], { stdin: say, env: { SHELL } })).stdout;
    expect(await from(Bun.which("bash") ?? "")).toBe("bash-demo\n");
    const plain = await home.exec(["/bin/sh"], { stdin: say, env: { VIRTUAL_ENV_PROMPT: "demo" } });
    expect(await from("/usr/bin/python3")).toBe(plain.stdout);
    expect(await from(undefined)).toBe(plain.stdout);
  });

  test("a server's URI says which copy line to use", async () => {
    const uri = "https://example.test/project/mnist/runtime/x/version/abcd";
    for (const words of [
      ["activate", uri],
      ["shellenv", uri, "--shell", "bash"],
    ]) {
      const failed = await home.run(["runtime", ...words], { stdin: "echo inside\n" });
      expect(failed).toMatchObject({ exitCode: 2, stdout: "" });
      expect(failed.stderr).toContain(`\`swcli runtime copy ${uri} .\``);
    }
  });

  const CODES: [string, string[], number, string][] = [
    ["a runtime that is not there", ["nothing"], 3, "RUNTIME_NOT_FOUND"],
    ["a version that is not there", ["demo/version/zzzzzz"], 3, "VERSION_NOT_FOUND"],
    ["a URI that is none", ["de mo//x"], 2, "URI_INVALID"],
    ["no runtime", [], 2, "USAGE"],
    ["too many runtimes", ["demo", "other"], 2, "USAGE"],
  ];
  for (const [what, words, exitCode, code] of CODES) {
    test(`${what} exits ${exitCode}, and nothing of stdin is run`, async () => {
      const failed = await home.run(["runtime", "activate", ...words], { stdin: "echo inside\n" });
      expect(failed).toMatchObject({ exitCode, stdout: "" });
      expect(failed.stderr).toContain(`(${code})`);
    });
  }

  test("the beginning of two versions is refused with both of them", async () => {
    await using own = await tempHome({ mode });
    await buildRuntime(own, "twins", { prepare: "no" });
    await own.run(["daemon", "stop"]);
    const path = `${own.root}/.store/v1/refs/self/twins.json`;
    const ref = JSON.parse(await readFile(path, "utf8"));
    const [first] = ref.versions;
    const twin = { ...first, id: first.id.slice(0, 8) + first.id.slice(8).replace(/./g, "a") };
    await writeFile(path, JSON.stringify({ ...ref, versions: [...ref.versions, twin] }));
    const failed = await own.run(["runtime", "activate", `twins/version/${first.id.slice(0, 6)}`], {
      stdin: "echo in\n",
    });
    expect(failed).toMatchObject({ exitCode: 3, stdout: "" });
    expect(failed.stderr).toContain("(AMBIGUOUS)");
    for (const id of [first.id, twin.id]) expect(failed.stderr).toContain(id);
  });
});
