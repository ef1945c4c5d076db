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
beforeAll(async () => {
  home = await tempHome();
  for (const name of ["mnist", "mnasnet", "other"]) {
    const dir = await home.project({ "runtime.yaml": YAML.replace("mnist", name) });
    const built = await home.run(["runtime", "build", "--prepare", "no", "-t", "best"], { cwd: dir });
    if (built.exitCode !== 0) throw new Error(built.stderr);
  }
  await home.run(["project", "create", "mine"]);
}, 2 * MINUTES);
afterAll(async () => await home[Symbol.asyncDispose]());

/** The words that bash offers for a line that ends at the cursor. */
async function bash(line: string, shell = "bash"): Promise<string[]> {
  const script = (await home.run(["completion", shell])).stdout;
  const words = line.split(" ");
  const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}`;
  // As bashcompinit calls it.
  const zsh = shell === "zsh" ? "emulate -L sh; setopt kshglob noshglob braceexpand ksharrays; " : "";
  const file = await home.write(
    `complete.${shell}`,
    `${script}\nask() { ${zsh}${set}; _swcli; printf '%s\\n' "\${COMPREPLY[@]}"; }\nask\n`,
  );
  const ran = await home.exec([shell, ...(shell === "zsh" ? ["-f"] : ["--norc"]), file]);
  expect(ran.stderr).toBe("");
  return ran.stdout.split("\n").filter((word) => word !== "");
}

async function fish(line: string): Promise<string[]> {
  const script = (await home.run(["completion", "fish"])).stdout;
  const file = await home.write("complete.fish", `${script}\ncomplete -C ${JSON.stringify(line)}\n`);
  const ran = await home.exec(["fish", "--no-config", file]);
  return ran.stdout.split("\n").flatMap((row) => row.split("\t")[0] || []);
}

const CASES: [line: string, words: string[]][] = [
  ["swcli runt", ["runtime"]],
  ["swcli runtime act", ["activate"]],
  ["swcli rt hist", ["history"]],
  ["swcli runtime activate mn", ["mnasnet", "mnist"]],
  ["swcli runtime activate mnist/version/b", ["mnist/version/best"]],
  ["swcli runtime build --prep", ["--prepare"]],
  ["swcli runtime build --prepare b", ["background"]],
  ["swcli runtime list --project mi", ["mine"]],
  ["swcli project select mi", ["mine"]],
  ["swcli shell init n", ["nu"]],
  ["swcli completion ", ["bash", "fish", "zsh"]],
];

testWith(needsProgram("bash"))(
  "bash",
  async () => {
    for (const [line, words] of CASES) expect([line, (await bash(line)).sort()]).toEqual([line, words]);
  },
  MINUTES,
);

testWith(needsProgram("zsh"))(
  "zsh",
  async () => {
    for (const [line, words] of CASES) expect([line, (await bash(line, "zsh")).sort()]).toEqual([line, words]);
  },
  MINUTES,
);

testWith(needsProgram("fish"))(
  "fish",
  async () => {
    for (const [line, words] of CASES) expect([line, (await fish(line)).sort()]).toEqual([line, words]);
  },
  MINUTES,
);

test("while a server is selected a name of this machine is offered in full, since a short one means the server", async () => {
  await using server = await startStarwhale();
  await using own = await tempHome();
  await loggedIn(own, server);
  const file = await own.write("demo.swrt", await makePackage({ version: versionOf("demo") }));
  await own.run(["runtime", "import", file, "--name", "demo"]);
  await own.run(["runtime", "tag", "demo", "best"]);
  const offered = async (what: string, word: string) =>
    (await own.exec([SWCLI_BIN, "__complete", what, word])).stdout.split("\n").filter(Boolean);
  expect(await offered("uri", "de")).toEqual(["demo"]);
  await own.run(["instance", "select", "pre-k8s"]);
  const full = "local/project/self/runtime/demo";
  expect(await offered("uri", "de")).toEqual([]);
  expect(await offered("uri", "loc")).toEqual([full]);
  expect(await offered("uri", `${full}/version/b`)).toEqual([`${full}/version/best`]);
  expect(await offered("project", "")).toEqual(["local/project/self"]);
  const [uri = ""] = await offered("uri", "loc");
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
