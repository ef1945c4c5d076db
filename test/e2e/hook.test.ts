/** The shell hook: `swcli runtime activate` changes the current shell, without a process while nothing has changed. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, readdirSync, utimesSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { SNAPSHOT } from "../unit/core/env/activation/lab.ts";

const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";
const MINUTES = 60_000;
const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];
const QUIET: Record<Shell, string[]> = { bash: ["--norc"], zsh: ["-f"], fish: ["--no-config"] };

/** Says so instead of asking the binary, which is what an unchanged runtime must not need. */
const NO_BINARY: Record<Shell, string> = {
  bash: "_swrt_bin() { echo ASKED >&2; return 1; }",
  zsh: "_swrt_bin() { echo ASKED >&2; return 1; }",
  fish: "function _swrt_bin; echo ASKED >&2; return 1; end",
};

async function sh(home: Home, shell: Shell, script: string, env: Record<string, string | undefined> = {}) {
  const hook = await home.run(["shell", "init", shell]);
  if (hook.exitCode !== 0) throw new Error(hook.stderr);
  const file = await home.write(`script.${shell}`, `${hook.stdout}\n${script}\n`);
  return await home.exec([shell, ...QUIET[shell], file], { env });
}

const prefixes = (home: Home) => readdirSync(`${home.root}/.envs`).filter((name) => /-\d+$/.test(name));

/** The environment is used at once; its record is made in the background. */
async function settled(home: Home): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    const last = prefixes(home).at(-1);
    if (last && existsSync(`${home.root}/.envs/${last}/.swcli/seen/site`)) return `${home.root}/.envs/${last}`;
    await Bun.sleep(100);
  }
  throw new Error("the environment was not settled");
}

async function build(home: Home, yaml = YAML): Promise<void> {
  const dir = await home.project({ "runtime.yaml": yaml });
  const built = await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir });
  if (built.exitCode !== 0) throw new Error(built.stderr);
}

bothModes((mode) => {
  testWith(needsProgram("bash"))(
    "a hooked shell can't enter the runtime of a project that was removed",
    async () => {
      await using home = await tempHome({ mode });
      const dir = await home.project({ "runtime.yaml": YAML });
      await home.run(["runtime", "build", "-p", "old", "--prepare", "wait"], { cwd: dir });
      await settled(home);
      const enter = "swcli runtime activate local/project/old/runtime/demo && echo entered";
      expect((await sh(home, "bash", `${enter}\n${enter}`)).stdout).toBe("entered\nentered\n");
      expect((await home.run(["project", "remove", "old"])).exitCode).toBe(0);
      const refused = await sh(home, "bash", enter);
      expect(refused.stdout).toBe("");
      expect(refused.stderr).toContain("(PROJECT_NOT_FOUND)");
    },
    2 * MINUTES,
  );

  testWith(needsProgram("bash"))(
    "gc forgets the names that shells asked for, and a shell only asks once more",
    async () => {
      await using home = await tempHome({ mode });
      await build(home);
      const prefix = await settled(home);
      const enter = 'swcli runtime activate demo; echo "$VIRTUAL_ENV"; deactivate';
      await sh(home, "bash", `${enter}; swcli runtime activate demo/v0`);
      const entries = () => readdirSync(`${home.root}/.store/v1/activation/by-uri`, { recursive: true });
      expect(entries()).toContain("demo/v0/@");
      expect((await home.run(["gc", "--yes"])).exitCode).toBe(0);
      expect(existsSync(`${home.root}/.store/v1/activation/by-uri`)).toBe(false);
      const ran = await sh(home, "bash", `${enter}\n${NO_BINARY.bash}\n${enter}`);
      expect(ran).toMatchObject({ stdout: `${prefix}\n${prefix}\n`, stderr: "" });
    },
    2 * MINUTES,
  );

  for (const shell of SHELLS) {
    describe(shell, () => {
      const it = testWith(needsProgram(shell));
      let home: Home;
      let prefix = "";
      beforeAll(async () => {
        home = await tempHome({ mode });
        await build(home);
        prefix = await settled(home);
      }, 2 * MINUTES);
      afterAll(async () => await home[Symbol.asyncDispose]());

      it("the current shell gets the runtime and gives everything back", async () => {
        const body = "swcli runtime activate demo\nsnap >$HOME/during 2>&1\ncommand -v python\nswcli deactivate";
        const ran = await sh(
          home,
          shell,
          `${SNAPSHOT[shell]}\nsnap >$HOME/before 2>&1\n${body}\nsnap >$HOME/after 2>&1`,
        );
        expect(ran.stderr).toBe("");
        expect(ran.stdout).toBe(`${prefix}/bin/python\n`);
        const read = async (name: string) => await Bun.file(`${home.dir}/${name}`).text();
        expect(await read("during")).toContain("SW_ACTIVATED_RUNTIME_MODE_IN_SHELL");
        expect(await read("after")).toBe(await read("before"));
      });

      it(
        "nobody is asked while nothing has changed, and latest that moved is noticed",
        async () => {
          const script = `swcli runtime activate demo; deactivate; ${NO_BINARY[shell]}\nswcli runtime activate demo; echo "$VIRTUAL_ENV"`;
          const still = await sh(home, shell, script);
          expect(still).toMatchObject({ stdout: `${prefix}\n`, stderr: "" });
          await build(home, YAML.replace("six", "six==1.16.0"));
          const moved = await sh(home, shell, `${NO_BINARY[shell]}\nswcli runtime activate demo; true`);
          expect(moved.stderr).toBe("ASKED\n");
          const again = await sh(home, shell, 'swcli runtime activate demo; echo "$VIRTUAL_ENV"');
          expect(again.stdout).not.toBe(`${prefix}\n`);
          expect(again.stdout).toMatch(/\.envs\/[0-9a-f]{32}-1\n$/);
        },
        MINUTES,
      );

      it(
        "a version that can't be made here never lets the one before in, in a new shell or in one that knew it",
        async () => {
          await using own = await tempHome({ mode });
          await build(own);
          await settled(own);
          await sh(own, shell, "swcli runtime activate demo");
          const dir = await own.project({ "runtime.yaml": YAML.replace("six", "six==1.16.0") });
          const enter = 'swcli runtime activate demo; echo "<$SW_ACTIVATED_RUNTIME_URI_IN_SHELL>"';
          const offline = { UV_CACHE_DIR: `${own.dir}/empty`, UV_OFFLINE: "1" };
          const lines = [
            "swcli runtime activate demo; deactivate",
            `cd "${dir}"; ${SWCLI_BIN} runtime build --prepare no >/dev/null`,
            `export UV_OFFLINE=1 UV_CACHE_DIR="${offline.UV_CACHE_DIR}"`,
            `${enter}; ${enter}`,
          ];
          const ran = await sh(own, shell, lines.join("\n"));
          expect(ran.stdout).toBe("<>\n<>\n");
          expect(ran.stderr.match(/\(OFFLINE\)/g)).toHaveLength(2);
          expect((await sh(own, shell, enter, offline)).stdout).toBe("<>\n");
          const run = await own.run(["runtime", "run", "demo", "--", "true"], { env: offline });
          expect(run.exitCode).not.toBe(0);
        },
        MINUTES,
      );

      it(
        "two runtimes in turns in one shell ask nobody, whichever was the last",
        async () => {
          const names = ["demo/v0", "demo/latest"];
          for (const name of names) await sh(home, shell, `swcli runtime activate ${name}`);
          const turns = [...names, ...names].map(
            (name) => `swcli runtime activate ${name}; echo $SW_ACTIVATED_RUNTIME_URI_IN_SHELL; deactivate`,
          );
          const pid = shell === "fish" ? "$fish_pid" : "$$";
          const mark = `ls -d ${home.root}/.store/v1/activation/live/${pid} | wc -l >&2`;
          const marks = [turns[1], mark, `rm ${home.root}/.store/v1/activation/live/${pid}`, turns[1], mark];
          expect((await sh(home, shell, marks.join("\n"))).stderr.split("\n").map(Number)).toEqual([1, 1, 0]);
          const ran = await sh(home, shell, `${NO_BINARY[shell]}\n${turns.join("\n")}`);
          expect(ran.stderr).toBe("");
          const entered = ran.stdout.trim().split("\n");
          expect(entered).toHaveLength(4);
          expect(entered.slice(2)).toEqual(entered.slice(0, 2));
          expect(new Set(entered).size).toBe(2);
        },
        MINUTES,
      );

      it(
        "a missing part of the environment, a config and another client's packages are noticed",
        async () => {
          const config = `${home.dir}/.config/starwhale/config.yaml`;
          const asked = async () => {
            const ran = await sh(home, shell, `${NO_BINARY[shell]}\nswcli runtime activate demo/v0; true`);
            return ran.stderr === "ASKED\n";
          };
          const again = async () => {
            await sh(home, shell, "swcli runtime activate demo/v0");
            return await asked();
          };
          expect(await again()).toBe(false);
          await mkdir(`${home.root}/self/runtime/demo`, { recursive: true });
          expect(await asked()).toBe(true);
          await rm(`${home.root}/self`, { recursive: true });
          expect(await again()).toBe(false);
          await home.write(config, "current_instance: local\n");
          expect(await asked()).toBe(true);
          expect(await again()).toBe(false);
          const before = new Date(2001, 1, 1);
          utimesSync(config, before, before);
          expect(await asked()).toBe(true);
          expect(await again()).toBe(false);
          await rm(config);
          expect(await asked()).toBe(true);
          expect(await again()).toBe(false);
          const marker = prefix.replace(/-\d+$/, ".json");
          for (const file of [`${prefix}/pyvenv.cfg`, `${prefix}/lib/python3.11/site-packages`, marker]) {
            await rename(file, `${file}.away`);
            expect(await asked()).toBe(true);
            await rename(`${file}.away`, file);
            expect(await asked()).toBe(false);
          }
        },
        MINUTES,
      );

      it(
        "what others changed meanwhile is noticed by a shell that knew it: a config that went, an environment made anew",
        async () => {
          await using own = await tempHome({ mode });
          await build(own);
          const first = await settled(own);
          const enter = `swcli runtime activate demo; echo "<$VIRTUAL_ENV>"; deactivate`;
          const other = await own.write("other.sh", (await own.run(["shell", "init", "bash"])).stdout);
          const elsewhere = (words: string) => `bash --norc -c '. ${other}; ${words}' >/dev/null 2>&1`;
          await own.write(".config/starwhale/config.yaml", "current_instance: local\n");
          await sh(own, shell, enter);
          const away = [
            enter,
            "rm $HOME/.config/starwhale/config.yaml",
            elsewhere("swcli runtime activate demo"),
            `${NO_BINARY[shell]}\nswcli runtime activate demo`,
          ];
          // fish keeps nothing, and what lies there is new.
          const stderr = shell === "fish" ? "" : "ASKED\n";
          expect(await sh(own, shell, away.join("\n"))).toMatchObject({ stdout: `<${first}>\n`, stderr });
          const anew = [
            enter,
            elsewhere("swcli runtime activate -f demo"),
            elsewhere("swcli runtime activate demo"),
            enter,
          ];
          const [before, after] = (await sh(own, shell, anew.join("\n"))).stdout.trim().split("\n");
          expect(before).toBe(`<${first}>`);
          expect(after).toMatch(/^<.*-2>$/);
        },
        MINUTES,
      );

      it("names that differ in case and odd paths are asked for", async () => {
        await sh(home, shell, "swcli runtime activate demo");
        await settled(home);
        await sh(home, shell, "swcli runtime activate demo");
        const words = ["Demo", "./demo", "/demo", "demo/", "demo/.", "demo//v0"];
        const asked = words.map((word) => `swcli runtime activate ${word}; true`);
        const noCase = shell === "bash" ? "shopt -s nocasematch" : "true";
        const ran = await sh(
          home,
          shell,
          `${noCase}\nswcli runtime activate demo; deactivate; ${NO_BINARY[shell]}\n${asked.join("\n")}`,
        );
        expect(ran.stderr).toBe("ASKED\n".repeat(words.length));
      });

      it(
        "an entry without its text never takes the words of the one before, also of the same environment",
        async () => {
          await using own = await tempHome({ mode });
          await build(own);
          await build(own, `${YAML}# the same packages\n`);
          await settled(own);
          for (const name of ["demo", "demo/v0", "demo"]) await sh(own, shell, `swcli runtime activate ${name}`);
          const after = (name: string) =>
            `swcli runtime activate demo/v0; deactivate; ${NO_BINARY[shell]}\n${name}; true`;
          const next = "swcli runtime activate demo";
          expect((await sh(own, shell, after(next))).stderr).toBe("");
          await writeFile(`${own.root}/.store/v1/activation/by-uri/demo/@/on5`, "");
          expect((await sh(own, shell, after(next))).stderr).toBe("ASKED\n");
          await sh(own, shell, next);
          expect((await sh(own, shell, after(next))).stderr).toBe("");
        },
        MINUTES,
      );

      it(
        "what was removed by hand is made again",
        async () => {
          await sh(home, shell, "swcli runtime activate demo/v0");
          await rm(`${prefix}/bin/python`, { force: true });
          const ran = await sh(home, shell, 'swcli runtime activate demo/v0; python -c "print(1)"');
          expect(ran.stdout).toBe("1\n");
        },
        MINUTES,
      );

      it("what is wrong is said, and the shell stays as it was", async () => {
        const ran = await sh(
          home,
          shell,
          'swcli runtime activate nothing; echo "code $status" "$VIRTUAL_ENV"'.replace(
            "$status",
            shell === "bash" ? "$?" : "$status",
          ),
          {
            VIRTUAL_ENV: undefined,
          },
        );
        expect(ran.stderr).toContain("(RUNTIME_NOT_FOUND)");
        expect(ran.stdout).toBe("code 3 \n");
        const bare = await sh(home, shell, "swcli runtime activate");
        expect(bare.stderr).toContain("missing URI");
        expect(bare.stderr).toContain("See `swcli runtime activate --help`");
      });

      it("other words go to the binary, and a word that leaves our folder is not sourced", async () => {
        await writeFile(`${home.dir}/evil`, "echo EVIL\n");
        const body = "swcli --version\nswcli runtime activate ../../../../../home/evil; swcli runtime activate --help";
        const ran = await sh(home, shell, body);
        expect(ran.stdout).not.toContain("EVIL");
        expect(ran.stdout).toContain("--force-restore");
      });

      if (shell === "fish") return;

      it("works under set -euo pipefail with functions and aliases of our names, which come back", async () => {
        const own = "alias export=false\nvenv() { echo mine; }\ndeactivate() { echo own; }\nset -euo pipefail";
        const body = "swcli runtime activate demo\ncommand -v python >/dev/null\nswcli deactivate\nvenv\ndeactivate";
        const ran = await sh(home, shell, `${own}\n${body}`);
        expect(ran).toMatchObject({ stderr: "", stdout: "mine\nown\n", exitCode: 0 });
      });

      it(
        "activations switch, and `venv deactivate` leaves",
        async () => {
          await build(home, YAML.replace("demo", "other"));
          const body =
            'swcli runtime activate demo/v0; swcli runtime activate other; echo "$VIRTUAL_ENV_PROMPT"; venv deactivate';
          const ran = await sh(
            home,
            shell,
            `P=$PATH; ${body}; [ "$P" = "$PATH" ] && echo same; (if [ -n "$BASH_VERSION" ]; then set -o posix; fi; set) | grep -ac "^_SWRT_[A-Z][A-Z]"`,
          );
          expect(ran.stdout).toBe("other\nsame\n2\n");
        },
        MINUTES,
      );

      testWith(needsProgram(shell), needsProgram("strace"))("no process is started at all", async () => {
        await sh(home, shell, "swcli runtime activate demo");
        const hook = (await home.run(["shell", "init", shell])).stdout;
        const file = await home.write("traced", `${hook}\nswcli runtime activate demo\nswcli deactivate\n`);
        const trace = ["strace", "-f", "-qq", "-e", "trace=execve,clone,clone3,fork,vfork", "-o", `${home.dir}/trace`];
        await home.exec([...trace, shell, ...QUIET[shell], file]);
        const calls = (await Bun.file(`${home.dir}/trace`).text()).trim().split("\n");
        expect(calls).toHaveLength(1);
        expect(calls[0]).toContain("execve(");
      });
    });
  }
});

describe("without a hook", () => {
  const it = testWith();
  it("deactivate says what to type", async () => {
    await using home = await tempHome();
    const ran = await home.run(["deactivate"]);
    expect(ran.exitCode).toBe(2);
    expect(SWCLI_BIN).not.toBe("");
    expect(ran.stderr).toContain("no runtime is active");
  });
});
