/** What Tab offers in real shells: commands, options, their values, runtimes, tags, projects. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { startStarwhale } from "../servers/starwhale.ts";

const MINUTES = 60_000;
const YAML = "name: mnist\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";

let home: Home;
/** The version of mnist, as it is offered, and what is typed of it. */
let id = "";
beforeAll(async () => {
  home = await tempHome({ env: { JUPYTER_DATA_DIR: undefined } });
  await home.write("bin/sw-of-mine", "#!/bin/sh\n", 0o755);
  for (const name of ["mnist", "mnasnet", "other"]) {
    const dir = await home.project({ "runtime.yaml": YAML.replace("mnist", name) });
    const built = await home.run(["runtime", "build", "--prepare", "no", "-t", "best"], { cwd: dir });
    if (built.exitCode !== 0) throw new Error(built.stderr);
  }
  await home.run(["project", "create", "mine"]);
  const file = await home.write("solo.swrt", await makePackage({ version: versionOf("solo") }));
  await home.run(["runtime", "import", file, "--name", "solo", "--project", "mine"]);
  await home.run(["runtime", "kernel", "add", "mnist"]);
  id = (await home.run(["runtime", "info", "mnist", "-o", "json"])).json.basic.version.slice(0, 12);
}, 2 * MINUTES);
afterAll(async () => await home[Symbol.asyncDispose]());

const withOwnCommand = () => ({ env: { PATH: `${home.dir}/bin:${process.env.PATH}` } });

/** The words that bash offers for a line that ends at the cursor. */
async function bash(line: string): Promise<string[]> {
  const words = line.split(/ |(?==)|(?<==)/);
  return await offered("bash", ["--norc"], `${asWords(words)}; _swcli_bash`);
}

/** As bashcompinit calls it; zsh does not cut words at `=`. */
async function zsh(line: string): Promise<string[]> {
  const options = "emulate -L sh; setopt kshglob noshglob braceexpand ksharrays";
  return await offered("zsh", ["-f"], `${options}; ${asWords(line.split(" "))}; from=0 starts=(); _swcli`);
}

const asWords = (words: readonly string[]) =>
  `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}`;

async function offered(shell: "bash" | "zsh", options: string[], call: string): Promise<string[]> {
  const script = (await home.run(["completion", shell])).stdout;
  const ask = `ask() { ${call}; printf '%s\\n' "\${COMPREPLY[@]}"; }\nask\n`;
  const ran = await home.exec(
    [shell, ...options, await home.write(`ask.${shell}`, `${script}\n${ask}`)],
    withOwnCommand(),
  );
  expect(ran.stderr).toBe("");
  return ran.stdout.split("\n").filter((word) => word !== "");
}

async function fish(line: string): Promise<string[]> {
  const script = (await home.run(["completion", "fish"])).stdout;
  const file = await home.write("complete.fish", `${script}\ncomplete -C ${JSON.stringify(line)}\n`);
  const ran = await home.exec(["fish", "--no-config", file], withOwnCommand());
  return ran.stdout.split("\n").flatMap((row) => row.split("\t")[0] || []);
}

const CASES: [line: string, words: string[]][] = [
  ["swcli runt", ["runtime"]],
  ["swcli runtime act", ["activate"]],
  ["swcli rt hist", ["history"]],
  ["swcli runtime activate mn", ["mnasnet", "mnist"]],
  ["swcli runtime activate mnist/version/b", ["mnist/version/best"]],
  ["swcli runtime activate mnist/version/ID", ["mnist/version/ID"]],
  ["swcli runtime build --prep", ["--prepare"]],
  ["swcli runtime build --prepare b", ["background"]],
  ["swcli runtime build --no-com", ["--no-compile"]],
  ["swcli runtime list --project mi", ["mine"]],
  ["swcli project select mi", ["mine"]],
  ["swcli shell init n", ["nu"]],
  ["swcli completion ", ["bash", "fish", "zsh"]],
  // Global options, wherever they are accepted.
  ["swcli --no-d", ["--no-daemon"]],
  ["swcli runtime --verb", ["--verbose"]],
  ["swcli runtime list --no-d", ["--no-daemon"]],
  ["swcli runtime activate demo --quie", ["--quiet"]],
  ["swcli -o j", ["json"]],
  ["swcli runtime list --color n", ["never"]],
  ["swcli -o json runtime act", ["activate"]],
  ["swcli --no-daemon runtime activate mni", ["mnist"]],
  // Words by their place.
  ["swcli runtime copy mna", ["mnasnet"]],
  ["swcli runtime copy --force mnist mna", ["mnasnet"]],
  ["swcli runtime list --project mine mni", []],
  ["swcli runtime kernel remove sw", ["swcli-self-mnist"]],
  ["swcli env verify mnist mna", ["mnasnet"]],
  // Other projects, in full.
  ["swcli runtime activate local/project/mine/", ["local/project/mine/runtime/solo"]],
  ["swcli runtime activate local/project/self/runtime/o", ["local/project/self/runtime/other"]],
  [
    "swcli runtime activate local/project/self/runtime/mnist/version/b",
    ["local/project/self/runtime/mnist/version/best"],
  ],
  [
    "swcli runtime activate local/project/self/runtime/mnist/version/ID",
    ["local/project/self/runtime/mnist/version/ID"],
  ],
  // A command line behind the runtime is not ours.
  ["swcli runtime run --no-d", ["--no-daemon"]],
  ["swcli runtime run mnist --no-d", ["--no-daemon"]],
  ["swcli runtime run mnist -- --no-d", []],
  ["swcli runtime run mnist sw-of-mine --no-d", []],
];
const FOREIGN: typeof CASES = [
  ["swcli runtime run mnist -- sw-of-m", ["sw-of-mine"]],
  ["swcli runtime run mnist sw-of-m", ["sw-of-mine"]],
  ["swcli runtime run -v mnist -- sw-of-m", ["sw-of-mine"]],
  ["swcli -o json runtime run -- mnist sw-of-m", ["sw-of-mine"]],
];
const WITH_EQUALS = (lead: string): typeof CASES => [
  ["swcli runtime list --project=mi", [`${lead}mine`]],
  ["swcli runtime list --project=", [`${lead}mine`, `${lead}self`]],
  ["swcli runtime list --project=mine --no-d", ["--no-daemon"]],
];

/** `ID` stands for the version of mnist: typed in part, offered as a whole. */
async function offersAll(complete: (line: string) => Promise<string[]>, cases: typeof CASES): Promise<void> {
  for (const [line, words] of cases) {
    const whole = words.map((word) => word.replace("ID", id));
    expect([line, (await complete(line.replace("ID", id.slice(0, 6)))).sort()]).toEqual([line, whole]);
  }
}

testWith(needsProgram("bash"))(
  "bash",
  async () => await offersAll(bash, [...CASES, ...FOREIGN, ...WITH_EQUALS("")]),
  MINUTES,
);

testWith(needsProgram("zsh"))(
  "zsh",
  async () => await offersAll(zsh, [...CASES, ...WITH_EQUALS("--project=")]),
  MINUTES,
);

testWith(needsProgram("fish"))(
  "fish",
  async () => await offersAll(fish, [...CASES, ...FOREIGN, ...WITH_EQUALS("--project=")]),
  MINUTES,
);

test("while a server is selected a name of this machine is offered in full, since a short one means the server", async () => {
  await using server = await startStarwhale();
  await using own = await tempHome();
  await loggedIn(own, server);
  const file = await own.write("demo.swrt", await makePackage({ version: versionOf("demo") }));
  await own.run(["runtime", "import", file, "--name", "demo"]);
  await own.run(["runtime", "tag", "demo", "best"]);
  const answered = async (what: string, word: string) =>
    (await own.exec([SWCLI_BIN, "__complete", what, word])).stdout.split("\n").filter(Boolean);
  expect(await answered("uri", "de")).toEqual(["demo"]);
  await own.run(["instance", "select", "pre-k8s"]);
  const full = "local/project/self/runtime/demo";
  expect(await answered("uri", "de")).toEqual([]);
  expect(await answered("uri", "loc")).toEqual([full]);
  expect(await answered("uri", `${full}/version/b`)).toEqual([`${full}/version/best`]);
  expect(await answered("project", "")).toEqual(["local/project/self"]);
  const [uri = ""] = await answered("uri", "loc");
  expect(await own.run(["runtime", "info", uri])).toMatchObject({ exitCode: 0 });
}, 30_000);

test("a word that fits nothing, a missing store and an unknown question are silent", async () => {
  await using empty = await tempHome();
  for (const words of [["uri", "zzz"], ["uri", ""], ["nonsense", "x"], []]) {
    const ran = await empty.exec([SWCLI_BIN, "__complete", ...words]);
    expect(ran).toMatchObject({ stdout: "", stderr: "", exitCode: 0 });
  }
});

test(
  "editors find the environment by a stable link and in info",
  async () => {
    await home.run(["runtime", "run", "mnist", "--", "true"]);
    const link = `${home.root}/.links/self/mnist`;
    const python = await home.exec([`${link}/bin/python`, "-c", "import sys; print(sys.prefix)"]);
    const { env } =
      (await home.run(["runtime", "info", "mnist", "-o", "json"])).json.basic ??
      (await home.run(["runtime", "info", "mnist", "-o", "json"])).json;
    expect(env.link).toBe(link);
    expect(python.stdout.trim()).toContain("/.");
    expect(env.python).toBe(`${env.prefix}/bin/python`);
    await home.run(["env", "remove", "mnist", "--force"]);
    await home.run(["runtime", "run", "-f", "mnist", "--", "true"]).catch(() => undefined);
  },
  MINUTES,
);
