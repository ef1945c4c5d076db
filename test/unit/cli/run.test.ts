import { describe, expect, test } from "bun:test";
import { defineCommand, type Group, verb } from "#cli/command.ts";
import { runCli } from "#cli/run.ts";
import { SwError } from "#core/errors.ts";

const hello = defineCommand({
  meta: { name: "hello", description: "Say hello.", examples: ["swcli greet hello you  # politely"] },
  args: {
    who: { type: "positional", required: true, description: "Whom" },
    loud: { type: "boolean", short: ["ld"], description: "Shout" },
    venv: { type: "string", short: ["v"], description: "Folder" },
    style: { type: "string", values: ["plain", "fine"], default: "plain", description: "Manner" },
  },
  run({ args, data: out }) {
    out.talk("thinking");
    out.warn("it is late");
    out.print({ hello: args.who, loud: args.loud }, (value) => `hello ${value.hello}`);
  },
});

const failing = defineCommand({
  meta: { name: "fail", description: "Fail." },
  args: { how: { type: "positional", required: true, description: "How" } },
  run({ args, data: out }) {
    if (args.how === "number") return 7;
    if (args.how === "bug") throw new TypeError("x is undefined");
    if (args.how === "usage") throw new SwError("USAGE", "wrong");
    if (args.how === "job") throw new SwError("USAGE", "wrong", { detail: { command: "swcli greet hello" } });
    if (args.how === "late") {
      out.print({ done: true }, () => "done");
      throw new SwError("FAILED", "too late");
    }
    throw new SwError("RUNTIME_NOT_FOUND", "no \u001b[31mruntime", {
      hint: "Build one.",
      cause: new Error("root cause"),
    });
  },
});

const wrapped = defineCommand({
  meta: { name: "wrapped", description: "Run." },
  args: { command: { type: "rest", required: true, description: "Command" } },
  run() {
    throw new SwError("ENV_BUILD_FAILED", "no environment");
  },
  exitCodeOf: () => 125,
});

const give =
  <T>(value: T) =>
  () =>
    Promise.resolve({ default: value });

const tree: Group = {
  alias: [],
  description: "A program.",
  subCommands: {
    greet: {
      alias: ["gr"],
      description: "Greetings",
      subCommands: {
        hello: verb(give(hello), "hi"),
        fail: verb(give(failing)),
        farewell: verb(give(wrapped)),
        deep: { alias: [], description: "More", subCommands: { hello: verb(give(hello)) } },
      },
    },
    secret: { ...verb(give(hello)), hidden: true },
  },
};

async function cli(line: string) {
  const seen = { stdout: "", stderr: "" };
  const code = await runCli(line.split(" ").filter(Boolean), {
    tree,
    isTty: () => false,
    stdout: { write: (text) => (seen.stdout += text), drain: async () => {} },
    stderr: (text) => (seen.stderr += text),
  });
  return { code, ...seen };
}

describe("commands are found by name, alias and prefix", () => {
  test.each(["greet hello you", "gr hi you", "GR HELLO you", "g he you", "greet deep hello you", "-q gr -v hi you"])(
    "%s",
    async (line) => {
      const { code, stdout } = await cli(line);
      expect({ code, stdout }).toEqual({ code: 0, stdout: "hello you\n" });
    },
  );

  test("an ambiguous prefix names what it can mean", async () => {
    const { code, stdout, stderr } = await cli("greet fa");
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain('"fa" can mean fail, farewell');
  });

  test("a slip in a command's name is met with a suggestion", async () => {
    const { code, stderr } = await cli("greet hlelo you");
    expect(code).toBe(2);
    expect(stderr).toContain("Did you mean hello?");
    expect(stderr).toContain("swcli greet --help");
  });

  test("an option that only a verb has is refused before the verb", async () => {
    expect((await cli("--loud greet hello you")).code).toBe(2);
  });
});

describe("global options count before and after the verb", () => {
  test.each([
    "-o json greet hello you",
    "greet -o json hello you",
    "greet hello you -o json",
    "greet hello --output=json you",
  ])("%s", async (line) => {
    const { code, stdout } = await cli(line);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ hello: "you", loud: false });
  });

  test("-q silences talk, not warnings", async () => {
    expect((await cli("greet hello you")).stderr).toBe("thinking\nwarning: it is late\n");
    expect((await cli("-q greet hello you")).stderr).toBe("warning: it is late\n");
  });
});

describe("errors", () => {
  test("message, hint and code go to stderr, without what would steer the terminal", async () => {
    const { code, stdout, stderr } = await cli("greet fail x");
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(/^error: no \\x1b\[31mruntime\nBuild one\. {10,}\(RUNTIME_NOT_FOUND\)\n$/);
  });

  test("-v shows the causes", async () => {
    expect((await cli("greet fail x")).stderr).not.toContain("root cause");
    expect((await cli("greet fail x -v")).stderr).toContain("caused by: root cause");
  });

  test.each(["greet fail x -o json", "-o json greet fail x"])("%s: one JSON document on stdout", async (line) => {
    const { code, stdout, stderr } = await cli(line);
    expect({ code, stderr }).toEqual({ code: 3, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      error: { code: "RUNTIME_NOT_FOUND", message: "no \u001b[31mruntime", hint: "Build one." },
    });
  });

  test.each([
    "greet hello --bad -o json",
    "greet hello --bad --output=json",
    "greet -o json",
    "nothing -o json",
    "-o json",
  ])("a usage error is JSON too: %s", async (line) => {
    const { code, stdout } = await cli(line);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error.code).toBe("USAGE");
  });

  test("a failure after the result leaves the result the only document", async () => {
    const { code, stdout, stderr } = await cli("greet fail late -o json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({ done: true });
    expect(stderr).toContain("too late");
  });

  test("a mistake is led to the help of the command that it was typed for, which may be a job's", async () => {
    expect((await cli("greet fail usage")).stderr).toContain("See `swcli greet fail --help`.");
    expect((await cli("greet fail job")).stderr).toContain("See `swcli greet hello --help`.");
  });

  test("our own bug says so and shows its stack only with -v", async () => {
    const { code, stderr } = await cli("greet fail bug");
    expect(code).toBe(1);
    expect(stderr).toContain("bug in swcli: x is undefined");
    expect(stderr).not.toContain("run.test.ts");
    expect((await cli("greet fail bug -v")).stderr).toContain("run.test.ts");
  });

  test("a number that the command returns is the exit code", async () => {
    expect((await cli("greet fail number")).code).toBe(7);
  });

  test("a command's own exit code is used for failures, not for its usage", async () => {
    expect((await cli("greet farewell ls")).code).toBe(125);
    expect((await cli("greet farewell")).code).toBe(2);
  });

  test("output that can't be written fails the command", async () => {
    const drain = () => Promise.reject(new SwError("DISK_FULL", "can't write the output"));
    const stderr = (_: string) => {};
    const code = await runCli(["greet", "hello", "x"], {
      tree,
      isTty: () => false,
      stdout: { write() {}, drain },
      stderr,
    });
    expect(code).toBe(1);
  });
});

describe("help", () => {
  test.each([
    "greet hello --help",
    "greet --help hello",
    "--help gr hi",
    "help greet hello",
    "HELP gr he",
    "greet hello x -h --bad",
  ])("%s", async (line) => {
    const { code, stdout, stderr } = await cli(line);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toStartWith("Usage: swcli greet hello [OPTIONS] WHO\n");
  });

  test("shows spellings, choices, defaults, aliases and examples, and not what the verb took over", async () => {
    const { stdout } = await cli("help greet hello");
    expect(stdout).toContain("-ld, --loud");
    expect(stdout).toContain("--style STYLE  Manner [one of: plain, fine; default: plain]");
    expect(stdout).toContain("Also: hi");
    expect(stdout).toContain("swcli greet hello you  # politely");
    expect(stdout).toContain("-v, --venv VENV");
    expect(stdout).not.toContain("-v, --verbose");
    expect(stdout).toContain("    --verbose");
  });

  test("a group without a verb shows its help on stderr and fails", async () => {
    const { code, stdout, stderr } = await cli("greet");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("hello (hi)  Say hello");
  });

  test("the top level names the exit codes and hides what is hidden", async () => {
    const { code, stdout } = await cli("--help");
    expect(code).toBe(0);
    expect(stdout).toContain("Exit codes: 0 done");
    expect(stdout).toContain("greet (gr)");
    expect(stdout).not.toContain("secret");
  });

  test("no line is wider than COLUMNS says", async () => {
    const before = process.env.COLUMNS;
    process.env.COLUMNS = "50";
    const { stdout } = await cli("--help");
    process.env.COLUMNS = before;
    if (before === undefined) delete process.env.COLUMNS;
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(50);
  });

  test("--version works everywhere", async () => {
    for (const line of ["--version", "greet --version", "greet hello --version"]) {
      expect((await cli(line)).code).toBe(0);
      expect((await cli(line)).stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
    }
    expect((await cli("--version -v")).stdout).toContain("(build ");
  });
});
