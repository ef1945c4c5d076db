/** `runtime run` is the command itself: its arguments, exit code, signals and stdin; our own failures have codes of their own. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";

const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";
const MINUTES = 60_000;

bothModes((mode) => {
  let home: Home;
  beforeAll(async () => {
    home = await tempHome({ mode });
    const dir = await home.project({ "runtime.yaml": YAML });
    const built = await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir });
    if (built.exitCode !== 0) throw new Error(built.stderr);
  }, 2 * MINUTES);
  afterAll(async () => await home[Symbol.asyncDispose]());

  test("arguments arrive as they were typed", async () => {
    const odd = ["a b", "it's", '"q"', "$HOME", "*", "", "--flag", "ü\n2", "-x"];
    const code = "import json, sys; print(json.dumps(sys.argv[1:]))";
    const ran = await home.run(["runtime", "run", "demo", "--", "python", "-c", code, ...odd]);
    expect(JSON.parse(ran.stdout)).toEqual(odd);
  });

  test("the exit code is the command's", async () => {
    expect((await home.run(["runtime", "run", "demo", "sh", "-c", "exit 37"])).exitCode).toBe(37);
  });

  test("stdin reaches the command", async () => {
    const ran = await home.run(["runtime", "run", "demo", "cat"], { stdin: "through\n" });
    expect(ran.stdout).toBe("through\n");
  });

  test("a closed pipe ends the command by SIGPIPE, as without us", async () => {
    const ran = await home.exec([
      "bash",
      "-c",
      `set -o pipefail; "$0" runtime run demo yes | head -1; echo \${PIPESTATUS[0]}`,
      process.env.SWCLI_BIN ?? `${import.meta.dir}/../../dist/swcli`,
    ]);
    expect(ran.stdout).toBe("y\n141\n");
  });

  test("the runtime's python comes first and PYTHONHOME does not leak in", async () => {
    const ran = await home.run(
      ["runtime", "run", "demo", "sh", "-c", "command -v python; echo ${PYTHONHOME-none} $VIRTUAL_ENV_PROMPT"],
      { env: { PYTHONHOME: "/nowhere" } },
    );
    expect(ran.stdout).toMatch(/\.envs\/[0-9a-f]{32}-1\/bin\/python\nnone demo\n$/);
  });

  test("the variables of the Python client are set", async () => {
    const ran = await home.run(["runtime", "run", "demo", "sh", "-c", "env | grep ^SW_ACTIVATED | sort"]);
    expect(ran.stdout).toMatch(
      /MODE_IN_SHELL=venv\n.*PREFIX_IN_SHELL=\/.*\n.*URI_IN_SHELL=local\/project\/self\/runtime\/demo\/version\/[a-z2-7]{40}\n/,
    );
  });

  const CODES: [string, string[], number, string][] = [
    ["a command that is not there", ["demo", "no-such-command"], 127, "RUN_NOT_FOUND"],
    ["a file that can't be executed", ["demo", "/etc/passwd"], 126, "RUN_NOT_EXECUTABLE"],
    ["a runtime that is not there", ["nothing", "true"], 125, "RUNTIME_NOT_FOUND"],
    ["a version that is not there", ["demo/version/zzzzzz", "true"], 125, "VERSION_NOT_FOUND"],
    ["no command", ["demo"], 2, "USAGE"],
  ];
  for (const [what, args, exitCode, code] of CODES) {
    test(`${what} exits ${exitCode}`, async () => {
      const failed = await home.run(["runtime", "run", ...args]);
      expect(failed.exitCode).toBe(exitCode);
      expect(failed.stderr).toContain(`(${code})`);
    });
  }

  test("a script without #! runs in sh, as shells do", async () => {
    const script = await home.write("plain", "echo plain $1\n", 0o755);
    expect((await home.run(["runtime", "run", "demo", script, "x"])).stdout).toBe("plain x\n");
  });

  test("tags, vN and unique beginnings of the version name it; four characters at least", async () => {
    const { json } = await home.run(["runtime", "list", "-o", "json"]);
    const id: string = json[0].version;
    for (const uri of [
      `demo/version/${id}`,
      `demo/version/${id.slice(0, 4)}`,
      "demo/v0",
      "demo/version/latest",
      `local/project/self/runtime/demo/version/${id.slice(0, 9)}`,
    ]) {
      expect((await home.run(["runtime", "run", uri, "true"])).exitCode).toBe(0);
    }
    expect((await home.run(["runtime", "run", `demo/version/${id.slice(0, 3)}`, "true"])).exitCode).toBe(125);
  });

  test("a server's URI says which copy line to use", async () => {
    const failed = await home.run([
      "runtime",
      "run",
      "https://example.test/project/mnist/runtime/x/version/abcd",
      "true",
    ]);
    expect(failed.exitCode).toBe(2);
    expect(failed.stderr).toContain("swcli runtime copy https://example.test/project/mnist/runtime/x/version/abcd .");
  });
});
