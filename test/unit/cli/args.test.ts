import { describe, expect, test } from "bun:test";
import type { ArgDefs } from "#cli/arg-def.ts";
import { defaultGlobals } from "#cli/arg-def.ts";
import { type GlobalOptions, parseArgs } from "#cli/args.ts";
import { SwError } from "#core/errors.ts";

const build = {
  yaml: { type: "string", short: ["y"], description: "file" },
  docker: { type: "string", short: ["d"], description: "image" },
  name: { type: "string", short: ["n"], description: "name" },
  venv: { type: "string", short: ["v"], valueName: "PATH", description: "prefix" },
  "conda-prefix": { type: "string", short: ["cp"], description: "prefix" },
  tag: { type: "string", short: ["t"], repeat: true, description: "tag" },
  arch: { type: "string", values: ["amd64", "arm64", "noarch"], default: "noarch", description: "arch" },
  cuda: { type: "string", values: ["11.3", "11.7", ""], description: "cuda" },
  noLock: { type: "boolean", short: ["del"], long: ["disable-env-lock"], description: "no lock" },
  "no-cache": { type: "boolean", short: ["nc"], description: "anew" },
  prepare: { type: "boolean", negatable: true, default: true, description: "prepare" },
  compile: { type: "boolean", negatable: true, description: "compile" },
} as const satisfies ArgDefs;

const list = {
  project: { type: "string", short: ["p"], description: "project" },
  filter: { type: "string", short: ["fl"], repeat: true, description: "filter" },
  fullname: { type: "boolean", short: ["f"], description: "full" },
  "show-removed": { type: "boolean", short: ["sr"], description: "removed" },
  page: { type: "string", default: "1", description: "page" },
  writable: { type: "string", optionalValue: "", description: "name" },
} as const satisfies ArgDefs;

const tag = {
  runtime: { type: "positional", required: true, description: "Runtime URI" },
  tags: { type: "positional", repeat: true, description: "Tags" },
  remove: { type: "boolean", short: ["r"], description: "remove" },
  quiet: { type: "boolean", short: ["q"], description: "ignore errors" },
} as const satisfies ArgDefs;

const info = {
  runtime: { type: "positional", required: true, description: "Runtime URI" },
  "output-filter": { type: "string", short: ["of"], values: ["basic", "all"], default: "basic", description: "part" },
} as const satisfies ArgDefs;

const run = {
  uri: { type: "positional", required: true, description: "Runtime URI" },
  command: { type: "rest", required: true, valueName: "CMD", description: "Command" },
  cwd: { type: "string", description: "folder" },
} as const satisfies ArgDefs;

interface Good {
  defs: ArgDefs;
  argv: string;
  values?: Record<string, unknown>;
  globals?: Partial<GlobalOptions>;
}

const good: Good[] = [
  { defs: build, argv: "", values: { tag: [], noLock: false, arch: "noarch", prepare: true, yaml: undefined } },
  { defs: build, argv: "-y a.yaml --name=x", values: { yaml: "a.yaml", name: "x" } },
  { defs: build, argv: "-y=a.yaml", values: { yaml: "a.yaml" } },
  { defs: build, argv: "--name=", values: { name: "" } },
  { defs: build, argv: "--name=a=b", values: { name: "a=b" } },
  { defs: build, argv: "-t a -t b --tag c --tag=d", values: { tag: ["a", "b", "c", "d"] } },
  { defs: build, argv: "-tv1", values: { tag: ["v1"] } },
  { defs: build, argv: "-del", values: { noLock: true, docker: undefined } },
  { defs: build, argv: "--disable-env-lock", values: { noLock: true } },
  { defs: build, argv: "--no-lock", values: { noLock: true } },
  { defs: build, argv: "-nc", values: { "no-cache": true, name: undefined } },
  { defs: build, argv: "--no-cache", values: { "no-cache": true } },
  { defs: build, argv: "-cp /envs/x", values: { "conda-prefix": "/envs/x" } },
  { defs: build, argv: "--no-prepare", values: { prepare: false } },
  { defs: build, argv: "--prepare", values: { prepare: true } },
  { defs: build, argv: "", values: { compile: undefined } },
  { defs: build, argv: "--no-compile", values: { compile: false } },
  { defs: build, argv: "--compile", values: { compile: true } },
  { defs: build, argv: "--arch ARM64", values: { arch: "arm64" } },
  { defs: build, argv: "--cuda=", values: { cuda: "" } },
  // The verb's own meaning wins over the global one.
  { defs: build, argv: "-v /venv", values: { venv: "/venv" }, globals: { verbose: 0 } },
  { defs: build, argv: "-v /venv --verbose -q", values: { venv: "/venv" }, globals: { verbose: 1, quiet: true } },
  { defs: tag, argv: "x -q", values: { quiet: true }, globals: { quiet: false } },
  { defs: tag, argv: "x -rq", values: { remove: true, quiet: true } },
  { defs: tag, argv: "x -rv a", values: { remove: true, tags: ["a"] }, globals: { verbose: 1 } },
  { defs: tag, argv: "x a -r b", values: { runtime: "x", tags: ["a", "b"], remove: true } },
  { defs: tag, argv: "x -- -r", values: { tags: ["-r"], remove: false } },
  { defs: tag, argv: "x - -5", values: { tags: ["-", "-5"] } },
  { defs: list, argv: "-fl name=x -fl latest", values: { filter: ["name=x", "latest"], fullname: false } },
  { defs: list, argv: "-f -sr", values: { fullname: true, "show-removed": true } },
  { defs: list, argv: "--page -1", values: { page: "-1" } },
  { defs: list, argv: "-p=-x", values: { project: "-x" } },
  { defs: list, argv: "--writable", values: { writable: "" } },
  { defs: list, argv: "--writable=mine", values: { writable: "mine" } },
  { defs: info, argv: "x -of all", values: { "output-filter": "all" } },
  { defs: info, argv: "x -of=all -o json", values: { "output-filter": "all" }, globals: { output: "json" } },
  { defs: list, argv: "-o json -vvv --no-daemon", globals: { output: "json", verbose: 3, noDaemon: true } },
  { defs: list, argv: "-v --verbose -v --output=json", globals: { verbose: 3, output: "json" } },
  { defs: list, argv: "--color never -o json -o json", globals: { color: "never", output: "json" } },
  { defs: list, argv: "-ojson", globals: { output: "json" } },
  { defs: info, argv: "--help --nonsense", globals: { help: true } },
  { defs: info, argv: "-h", globals: { help: true } },
  { defs: info, argv: "--version", globals: { version: true } },
  {
    defs: run,
    argv: "demo python -c x --cwd y -o json",
    values: { uri: "demo", cwd: undefined, command: ["python", "-c", "x", "--cwd", "y", "-o", "json"] },
    globals: { output: "text" },
  },
  { defs: run, argv: "--cwd /tmp demo ls", values: { cwd: "/tmp", command: ["ls"] } },
  { defs: run, argv: "demo --cwd /tmp ls -l", values: { cwd: "/tmp", command: ["ls", "-l"] } },
  { defs: run, argv: "demo -- ls -- x", values: { command: ["ls", "--", "x"] } },
  { defs: run, argv: "demo -- -x", values: { command: ["-x"] } },
  { defs: run, argv: "demo ls --help", values: { command: ["ls", "--help"] }, globals: { help: undefined } },
  { defs: run, argv: "-v demo ls -v", values: { command: ["ls", "-v"] }, globals: { verbose: 1 } },
  { defs: run, argv: "-- demo ls -l", values: { uri: "demo", command: ["ls", "-l"] } },
];

describe("what is written is what the command gets", () => {
  for (const { defs, argv, values = {}, globals = {} } of good) {
    test(argv || "(nothing)", () => {
      const seen = defaultGlobals();
      const args = parseArgs(defs, words(argv), seen);
      for (const [key, value] of Object.entries(values))
        expect({ [key]: args[key] }).toEqual({ [key]: value } as never);
      for (const [key, value] of Object.entries(globals))
        expect({ [key]: seen[key as keyof GlobalOptions] }).toEqual({ [key]: value });
    });
  }
});

interface Bad {
  defs: ArgDefs;
  argv: string;
  message: string;
  hint?: string;
}

const bad: Bad[] = [
  { defs: build, argv: "--tga x", message: "unknown option --tga", hint: "Did you mean --tag?" },
  { defs: build, argv: "--tga=x", message: "unknown option --tga", hint: "Did you mean --tag?" },
  { defs: build, argv: "-tag x", message: "unknown option -tag", hint: "Did you mean --tag?" },
  { defs: build, argv: "--del", message: "unknown option --del", hint: "Did you mean -del?" },
  { defs: build, argv: "-dle", message: "unknown option -dle", hint: "Did you mean -del?" },
  { defs: build, argv: "-nx", message: "unknown option -nx", hint: "Did you mean -nc?" },
  { defs: build, argv: "-vv", message: "unknown option -vv", hint: "Here -v is --venv; write --verbose." },
  { defs: build, argv: "-z", message: "unknown option -z" },
  { defs: build, argv: "--no-tag", message: "unknown option --no-tag" },
  { defs: build, argv: "extra", message: 'unexpected argument "extra"' },
  { defs: build, argv: "-t", message: "option -t needs a value" },
  {
    defs: build,
    argv: "-t --name x",
    message: "option -t needs a value",
    hint: "For a value that begins with a dash write -t=--name.",
  },
  { defs: build, argv: "--name -- x", message: "option --name needs a value" },
  { defs: build, argv: "--no-cache=yes", message: "option --no-cache takes no value" },
  { defs: build, argv: "-del=1", message: "option -del takes no value" },
  { defs: build, argv: "--name a -n b", message: "option -n is given twice" },
  { defs: build, argv: "-nc --no-cache", message: "option --no-cache is given twice" },
  {
    defs: build,
    argv: "--arch amd46",
    message: '--arch "amd46" is not one of amd64, arm64, noarch',
    hint: "Did you mean amd64?",
  },
  { defs: build, argv: "--cuda 9", message: '--cuda "9" is not one of 11.3, 11.7' },
  { defs: list, argv: "-o yaml", message: '-o "yaml" is not one of json, text' },
  { defs: list, argv: "--verbose=3", message: "option --verbose takes no value" },
  { defs: list, argv: "--writable mine", message: 'unexpected argument "mine"' },
  { defs: tag, argv: "x -rp", message: "unknown option -rp" },
  { defs: tag, argv: "", message: "missing RUNTIME: Runtime URI" },
  { defs: info, argv: "a b", message: 'unexpected argument "b"' },
  { defs: run, argv: "demo", message: "missing CMD: Command" },
  { defs: run, argv: "demo --", message: "missing CMD: Command" },
  { defs: run, argv: "demo --cdw x", message: "unknown option --cdw", hint: "Did you mean --cwd?" },
];

describe("what can't be understood is a usage error, never silence", () => {
  for (const { defs, argv, message, hint } of bad) {
    test(argv || "(nothing)", () => {
      const error = thrown(() => parseArgs(defs, words(argv), defaultGlobals()));
      expect(error).toBeInstanceOf(SwError);
      expect(error.code).toBe("USAGE");
      expect(error.message).toStartWith(message);
      expect(error.hint).toBe(hint);
    });
  }
});

test("a required option that is missing is named", () => {
  const defs = { shell: { type: "string", required: true, description: "Shell" } } as const satisfies ArgDefs;
  expect(thrown(() => parseArgs(defs, [], defaultGlobals())).message).toBe("missing --shell: Shell");
});

test("values with blanks, quotes and line ends come through unchanged", () => {
  const odd = "a 'b' \"c\"\n$d";
  expect(parseArgs(run, ["demo", "echo", odd], defaultGlobals()).command).toEqual(["echo", odd]);
  expect(parseArgs(build, ["--name", odd], defaultGlobals()).name).toBe(odd);
});

const words = (text: string) => text.split(" ").filter(Boolean);

function thrown(work: () => unknown): SwError {
  try {
    work();
  } catch (e) {
    if (e instanceof SwError) return e;
    throw e;
  }
  throw new Error("nothing was thrown");
}
