/** `--writable`: a private environment in which pip works, and that touches no other. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsLinux, needsProgram, testWith } from "../helpers/needs.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";
import { QUIET } from "./activated.ts";

const MINUTES = 60_000;
const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";

bothModes((mode) => {
  let home: Home;
  beforeAll(async () => {
    home = await tempHome({ mode });
    for (const name of ["demo", "other"]) {
      const dir = await home.project({ "runtime.yaml": YAML.replace("demo", name) });
      const built = await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir });
      if (built.exitCode !== 0) throw new Error(built.stderr);
    }
  }, 2 * MINUTES);
  afterAll(async () => await home[Symbol.asyncDispose]());

  const mine = async (...words: string[]) =>
    await home.run(["runtime", "run", "--writable=mine", "demo", "--", ...words]);

  test(
    "pip install works there, stays there, and is there again by its name",
    async () => {
      expect((await mine("pip", "install", "idna")).exitCode).toBe(0);
      expect((await mine("python", "-c", "import idna, six; print(idna.__file__)")).stdout).toMatch(/writable\/mine\//);
      const shared = await home.run(["runtime", "run", "demo", "--", "python", "-c", "import idna"]);
      expect(shared.exitCode).toBe(1);
      expect((await mine("python", "-m", "pip", "uninstall", "-y", "idna")).exitCode).toBe(0);
      expect((await mine("python", "-c", "import idna")).exitCode).toBe(1);
    },
    MINUTES,
  );

  test(
    "an edit of a module there reaches neither the shared environment nor uv's cache",
    async () => {
      const found = await mine("python", "-c", "import six; print(six.__file__)");
      const file = found.stdout.trim();
      expect(statSync(file).nlink).toBe(1);
      appendFileSync(file, "\nEDITED = True\n");
      expect((await mine("python", "-c", "import six; print(six.EDITED)")).stdout).toBe("True\n");
      const fresh = await home.run(["runtime", "run", "--writable=second", "demo", "--", "cat", "/dev/null"]);
      expect(fresh.exitCode).toBe(0);
      const other = await home.run(["runtime", "run", "demo", "--", "python", "-c", "import six; print(six.__file__)"]);
      expect(readFileSync(other.stdout.trim(), "utf8")).not.toContain("EDITED");
    },
    MINUTES,
  );

  test(
    "a name belongs to its runtime, and must be a name",
    async () => {
      await mine("true");
      const taken = await home.run(["runtime", "run", "--writable=mine", "other", "--", "true"]);
      expect(taken.exitCode).toBe(125);
      expect(taken.stderr).toContain("(EXISTS)");
      for (const name of ["../x", "a.json", `${"a".repeat(32)}-1`])
        expect((await home.run(["runtime", "run", `--writable=${name}`, "demo", "--", "true"])).exitCode).toBe(2);
    },
    MINUTES,
  );

  test(
    "texts are copies there, large libraries and data are the same bytes as everywhere",
    async () => {
      const binary = "\x7fELF\0".repeat(20_000);
      const parts = { "lib.so": binary, "data.npz": binary, "table.csv": "1,2\n".repeat(30_000), "note.txt": "x" };
      const more = Object.fromEntries(Object.entries(parts).map(([name, text]) => [`large/${name}`, text]));
      const wheel = await makeWheel(`${home.dir}/wheels`, { name: "large", more });
      const dir = await home.project({
        "runtime.yaml": `name: large\nenvironment: {python: 3.11}\ndependencies:\n  - wheels: [${basename(wheel)}]\n`,
        [basename(wheel)]: readFileSync(wheel),
      });
      // On the disk of the store: between two there are no links.
      const env = { UV_CACHE_DIR: `${home.dir}/uv-cache` };
      await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir, env });
      const folder = ["python", "-c", "import large; print(large.__path__[0])"];
      const shared = (await home.run(["runtime", "run", "large", "--", ...folder], { env })).stdout.trim();
      const own = (
        await home.run(["runtime", "run", "--writable=own", "large", "--", ...folder], { env })
      ).stdout.trim();
      const isSame = (name: string) => statSync(`${own}/${name}`).ino === statSync(`${shared}/${name}`).ino;
      expect(["lib.so", "data.npz"].map(isSame)).toEqual([true, true]);
      for (const name of ["table.csv", "note.txt", "__init__.py"]) {
        expect([name, isSame(name), statSync(`${own}/${name}`).nlink]).toEqual([name, false, 1]);
      }
    },
    MINUTES,
  );

  const SAY = "python -c 'import idna; print(idna.__file__)'";
  const shown = `"$SW" runtime run demo --writable -- ${SAY}`;

  for (const shell of ["bash", "zsh", "dash"] as const) {
    testWith(needsProgram(shell), needsLinux())(
      `${shell}: without a name all commands of a shell have the same one, and those of another shell another`,
      async () => {
        const lines = [
          '"$SW" runtime run demo --writable -- pip install -q idna',
          shown,
          `echo "${SAY}" | SHELL=/bin/sh "$SW" runtime activate --writable demo`,
          `${shown} | cat`,
          `x=$(${shown}; true); echo "$x"`,
          `( cd /; ${shown}; true )`,
          '"$SW" runtime run other --writable -- true',
        ];
        const file = await home.write(`own.${shell}`, `${lines.join("\n")}\n`);
        const run = async () => await home.exec([shell, ...QUIET[shell], file], { env: { SW: SWCLI_BIN } });
        const [first, second] = [await run(), await run()];
        const found = [first, second].map(({ stdout }) => new Set(stdout.trim().split("\n")));
        expect([first.exitCode, ...found.map(({ size }) => size)]).toEqual([0, 1, 1]);
        expect(first.stdout.trim().split("\n")).toHaveLength(5);
        expect(first.stdout).toMatch(/writable\/shell-\d+-[0-9a-f]{8}\//);
        expect(second.stdout).not.toBe(first.stdout);
      },
      MINUTES,
    );
  }

  for (const shell of ["bash", "zsh", "fish"] as const) {
    testWith(needsProgram(shell), needsLinux())(
      `${shell}: a hooked shell is in its own one by activate and by run, and counts as its user until it has left`,
      async () => {
        const hook = (await home.run(["shell", "init", shell])).stdout;
        const info = `"$SW" env info "$NAME" -o json | tr -d '\\n'; echo`;
        const setName = shell === "fish" ? "set -gx NAME (path basename $VIRTUAL_ENV)" : 'NAME="${VIRTUAL_ENV##*/}"';
        const refused = shell === "fish" ? "echo $status" : "echo $?";
        const lines = [
          hook,
          shell === "fish" ? "echo $fish_pid" : "echo $$",
          "swcli runtime activate --writable demo; pip install -q idna",
          `${setName}; ${info}`,
          `"$SW" env remove "$NAME" 2>/dev/null; ${refused}`,
          "deactivate; _swrt_note",
          `swcli runtime run --writable demo -- ${SAY} | cat`,
          `${info}; "$SW" env remove "$NAME" >/dev/null; ${refused}`,
        ];
        const file = await home.write(`hooked.${shell}`, `${lines.join("\n")}\n`);
        const ran = await home.exec([shell, ...QUIET[shell], file], { env: { SW: SWCLI_BIN } });
        const [pid, inside = "", kept, path, left = "", removed] = ran.stdout.trim().split("\n");
        const { pids, prefix } = JSON.parse(inside);
        expect([pids.includes(Number(pid)), kept]).toEqual([true, "4"]);
        expect(path).toStartWith(`${prefix}/`);
        expect([JSON.parse(left).pids, removed, existsSync(prefix)]).toEqual([[], "0", false]);
      },
      MINUTES,
    );
  }
});
