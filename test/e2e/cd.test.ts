/** `cd` into a folder that names a runtime: only when its content was allowed, left again with the folder. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdir, realpath, rm, symlink } from "node:fs/promises";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";

const MINUTES = 60_000;
const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";
const SHELLS = ["bash", "zsh", "fish"] as const;
const QUIET = { bash: ["--norc"], zsh: ["-f"], fish: ["--no-config"] };

for (const shell of SHELLS) {
  describe(shell, () => {
    const it = testWith(needsProgram(shell));
    let home: Home;
    let project = "";
    beforeAll(async () => {
      home = await tempHome();
      const dir = await home.project({ "runtime.yaml": YAML });
      for (const name of ["demo", "second"]) {
        const built = await home.run(["runtime", "build", "--prepare", "wait", "-n", name], { cwd: dir });
        if (built.exitCode !== 0) throw new Error(built.stderr);
      }
      // Its record follows in the background; without it each activation asks.
      const seen = new Bun.Glob("*/.swcli/seen/site");
      const isSettled = () => [...seen.scanSync({ cwd: `${home.root}/.envs`, dot: true })].length > 0;
      for (let tries = 0; tries < 300 && !isSettled(); tries++) await Bun.sleep(100);
      project = `${await realpath(home.dir)}/my 'odd' proj`;
      await mkdir(`${project}/deep/er`, { recursive: true });
      await home.write(`${project}/.swrt-runtime`, "demo\n");
    }, 2 * MINUTES);
    afterAll(async () => await home[Symbol.asyncDispose]());

    /** A line of `cd` is followed by what a prompt would do. */
    const sh = async (lines: string[]) => {
      const hook = (await home.run(["shell", "init", shell, "--cd"])).stdout;
      const prompt = shell === "fish" ? "" : "; _swrt_cd";
      const quoted = project.replaceAll("'", shell === "fish" ? "\\'" : "'\\''");
      const body = lines.map(
        (line) => `${line.replaceAll("PROJECT", `'${quoted}'`)}${prompt}; echo "[$VIRTUAL_ENV_PROMPT]"`,
      );
      const file = await home.write(`cd.${shell}`, `${hook}\ncd /\n${body.join("\n")}\n`);
      return await home.exec([shell, ...QUIET[shell], file], { env: { VIRTUAL_ENV_PROMPT: undefined } });
    };

    it("nothing is entered before it is allowed, and it is said how", async () => {
      const ran = await sh(["cd PROJECT"]);
      expect(ran.stdout).toBe("[]\n");
      expect(ran.stderr).toBe(
        `swcli: ${project}/.swrt-runtime is not allowed yet; to enter its runtime here: swcli runtime allow\n`,
      );
    });

    it("allowed, it is entered by cd, kept below, and left with the folder", async () => {
      const ran = await sh(["cd PROJECT", "swcli runtime allow >/dev/null", "cd deep/er", "cd /"]);
      expect(ran.stdout).toBe("[]\n[demo]\n[demo]\n[]\n");
      const again = await sh(["cd PROJECT/deep", "cd .."]);
      expect(again).toMatchObject({ stdout: "[demo]\n[demo]\n", stderr: "" });
    });

    it("each visit sets the full URI, and a later activation by hand too", async () => {
      const uri = 'echo "$SW_ACTIVATED_RUNTIME_URI_IN_SHELL"';
      const ran = await sh([
        "cd PROJECT",
        uri,
        "cd /",
        "cd PROJECT",
        uri,
        "cd /",
        `swcli runtime activate demo; ${uri}`,
      ]);
      const uris = ran.stdout.split("\n").filter((line) => line !== "" && !line.startsWith("["));
      expect(uris).toHaveLength(3);
      for (const one of uris) expect(one).toMatch(/^local\/project\/self\/runtime\/demo\/version\/\w{40}$/);
    });

    it("unchanged it starts no process, other content is not allowed", async () => {
      await sh(["cd PROJECT"]);
      const noBinary = shell === "fish" ? "function _swrt_bin; echo ASKED; end" : "_swrt_bin() { echo ASKED; }";
      const ran = await sh([noBinary, "cd PROJECT/deep", "cd /"]);
      expect(ran).toMatchObject({ stdout: "[]\n[demo]\n[]\n", stderr: "" });
      await home.write(`${project}/.swrt-runtime`, "demo/version/v0\n");
      expect((await sh(["cd PROJECT"])).stdout).toBe("[]\n");
      await home.write(`${project}/.swrt-runtime`, "demo\n");
      expect((await sh(["cd PROJECT"])).stdout).toBe("[demo]\n");
    });

    it("what somebody activated or left by hand stays so", async () => {
      const by = await sh(["swcli runtime activate demo/v0", "cd PROJECT", "cd /", "deactivate"]);
      expect(by.stdout).toBe("[demo]\n[demo]\n[demo]\n[]\n");
      const left = await sh(["cd PROJECT", "deactivate", "cd deep", "cd /", "cd PROJECT"]);
      expect(left.stdout).toBe("[demo]\n[]\n[]\n[]\n[demo]\n");
    });

    it("what somebody activated by hand in the folder is not left with it", async () => {
      const switched = await sh(["cd PROJECT", "swcli runtime activate demo/v0", "cd /", "deactivate"]);
      expect(switched).toMatchObject({ stdout: "[demo]\n[demo]\n[demo]\n[]\n", stderr: "" });
      const anew = await sh([
        "cd PROJECT",
        "deactivate; swcli runtime activate demo",
        "cd /",
        "deactivate",
        "cd PROJECT",
        "cd /",
      ]);
      expect(anew).toMatchObject({ stdout: "[demo]\n[demo]\n[demo]\n[]\n[demo]\n[]\n", stderr: "" });
    });

    it("it can be disallowed, and a file that names none is refused", async () => {
      await home.run(["runtime", "allow", "--remove", project]);
      expect((await sh(["cd PROJECT"])).stdout).toBe("[]\n");
      const odd = await home.project({ ".swrt-runtime": "two\nlines\n" });
      expect((await home.run(["runtime", "allow", odd])).exitCode).toBe(2);
      expect((await home.run(["runtime", "allow", "/"])).exitCode).toBe(3);
    });

    it("from a folder below, or reached through a link and named by a dot, what cd would enter is allowed", async () => {
      const real = `${await realpath(home.dir)}/real-${shell}`;
      const link = `${await realpath(home.dir)}/link-${shell}`;
      await mkdir(`${real}/deep/er`, { recursive: true });
      await symlink(real, link);
      await home.write(`${real}/.swrt-runtime`, "demo\n");
      const below = await sh([`cd ${real}/deep/er`, "swcli runtime allow", `cd ${link}`]);
      expect(below.stdout).toBe(`[]\n${real}/.swrt-runtime may now enter demo on cd\n[demo]\n[]\n`);
      const linked = await sh([`cd ${link}/deep`, "swcli runtime allow ..", "cd /", `cd ${link}`]);
      expect(linked.stdout).toBe(`[]\n${link}/.swrt-runtime may now enter demo on cd\n[demo]\n[]\n[demo]\n`);
      const removed = await sh([`cd ${link}/deep`, "swcli runtime allow --remove .", "cd /", `cd ${link}`]);
      expect(removed.stdout).toBe(`[demo]\n${link}/.swrt-runtime is not allowed any more\n[]\n[]\n[]\n`);
    });

    it("who allows what the file has become is in that at once, and out of it who disallows it", async () => {
      const dir = await realpath(await home.project({ ".swrt-runtime": "demo\n" }));
      await home.run(["runtime", "allow", dir]);
      const write = (text: string) => `echo ${text} >.swrt-runtime; swcli runtime allow >/dev/null`;
      const ran = await sh([`cd ${dir}`, write("second"), write("demo"), "swcli runtime allow --remove >/dev/null"]);
      expect(ran.stdout).toBe("[demo]\n[second]\n[demo]\n[]\n");
      // What was left or entered by hand is as somebody wants it until they allow something.
      const left = await sh([`cd ${dir}; ${write("demo")}`, "deactivate", "swcli runtime allow /nowhere", "cd ."]);
      expect(left.stdout).toBe("[demo]\n[]\n[]\n[]\n");
      const own = await sh([`cd ${dir}`, "swcli runtime activate second", write("demo")]);
      expect(own.stdout).toBe("[demo]\n[second]\n[second]\n");
    });

    it("what was allowed can be disallowed when the file has changed or gone", async () => {
      const dir = await realpath(await home.project({ ".swrt-runtime": "demo\n" }));
      const file = `${dir}/.swrt-runtime`;
      const remove = async () => (await home.run(["runtime", "allow", "--remove", dir])).stdout;
      for (const text of ["two\nlines\n", undefined]) {
        await home.write(file, "demo\n");
        expect((await home.run(["runtime", "allow", dir])).exitCode).toBe(0);
        if (text === undefined) await rm(file);
        else await home.write(file, text);
        expect(await remove()).toBe(`${file} is not allowed any more\n`);
        await home.write(file, "demo\n");
        expect((await sh([`cd ${dir}`])).stdout).toBe("[]\n");
        expect(await remove()).toBe(`${file} was not allowed\n`);
      }
    });

    if (shell === "fish") return;
    it("a real prompt calls it, and sees the last command's status", async () => {
      await home.run(["runtime", "allow", project]);
      const hook = await home.write("hook", (await home.run(["shell", "init", shell, "--cd"])).stdout);
      const input = `. ${hook}\ncd '${project.replaceAll("'", "'\\''")}'\necho "[$VIRTUAL_ENV_PROMPT]"\n(exit 7)\necho "code $?"\ncd /\necho "[\${VIRTUAL_ENV_PROMPT-}]"\nexit\n`;
      const ran = await home.exec([shell, ...QUIET[shell], "-i"], { stdin: input });
      expect(ran.stdout).toContain("[demo]");
      expect(ran.stdout).toContain("code 7");
      expect(
        ran.stdout
          .trimEnd()
          .split("\n")
          .filter((line) => line.includes("[]")),
      ).not.toEqual([]);
    });
  });
}
