import { expect, test } from "bun:test";
import { condaWants, pythonSpec } from "#core/conda/wants.ts";
import type { Dependency } from "#core/manifest/spec.ts";

const at = { line: 3, column: 5 };
const file = (path: string): Dependency => ({ kind: "conda_env_file", path, at });
const items = (...texts: string[]): Dependency => ({
  kind: "conda_pkg",
  items: texts.map((text) => ({ text, at })),
  at,
});

async function wanted(dependencies: Dependency[], files: Record<string, string> = {}, channels = ["conda-forge"]) {
  const textOf = async (path: string) => files[path] ?? "";
  return await condaWants({ dependencies, channels, label: "runtime.yaml", textOf, env: { TK: "tk-1" } });
}

test("a file's channels come before those of the settings; the reader's own default is none", async () => {
  const files = { "env.yml": "channels: [lab, forge]\ndependencies: [zlib]\n" };
  expect((await wanted([file("env.yml")], files)).channels).toEqual(["lab", "forge"]);
  expect((await wanted([file("env.yml")], files, ["forge", "mine"])).channels).toEqual(["lab", "forge", "mine"]);
  expect((await wanted([items("zlib")])).channels).toEqual([]);
});

test("packages keep the place where they were written, and the order of dependencies", async () => {
  const files = { "env.yml": "dependencies:\n  - numpy=1.26\n  - pip:\n      - six==1.16.0\n" };
  const { specs, pip } = await wanted([items("zlib"), file("env.yml")], files);
  expect(specs).toEqual([
    { text: "zlib", at: { file: "runtime.yaml", line: 3, column: 5 } },
    { text: "numpy=1.26", at: { file: "env.yml", line: 2, column: 5 } },
  ]);
  expect(pip).toEqual([{ kind: "pkg", text: "six==1.16.0", at: { file: "env.yml", line: 4, column: 9 }, base: "." }]);
});

test("variables of later files win, and warnings of files are kept", async () => {
  const files = {
    "a.yml": "variables: { A: 1, B: b }\ndependencies: [zlib]\n",
    "b.yml": "variables: { A: 2 }\nnonsense: 1\ndependencies: [zlib]\n",
  };
  const { variables, warnings } = await wanted([file("a.yml"), file("b.yml")], files);
  expect(variables).toEqual({ A: "2", B: "b" });
  expect(warnings.join()).toContain("b.yml");
});

test("a channel named in a spec is asked last, once, and without its platform", async () => {
  const { channels } = await wanted([items("lab::x", "lab::y", "forge/linux-64::z", "https://h/c::w")], {}, ["forge"]);
  expect(channels).toEqual(["forge", "lab", "https://h/c"]);
});

test("logins and tokens of settings, files, specs and lock lines are taken out of all of them", async () => {
  const explicit = `@EXPLICIT\nhttps://me:pw@four/c/noarch/x-1-0.conda#${"a".repeat(32)}\n`;
  const files = { "env.yml": "channels: ['https://two/t/${TK}/c']\ndependencies: [zlib]\n", "list.txt": explicit };
  const specs = items("https://me:pw@three/c/linux-64::x >=1", 'y[channel="https://five/t/tk-5/c"]');
  const found = await wanted([file("env.yml"), specs, file("list.txt")], files, ["https://me:pw@one/c/"]);
  expect(found.channels).toEqual(["https://two/c", "https://one/c", "https://three/c"]);
  expect(found.specs.map(({ text }) => text)).toEqual([
    "zlib",
    "https://three/c/linux-64::x >=1",
    'y[channel="https://five/c"]',
  ]);
  expect(found.pinned?.platforms["linux-64"]?.[0]?.url).toBe("https://four/c/noarch/x-1-0.conda");
  expect(found.secrets.logins).toEqual({ one: "me:pw", three: "me:pw", four: "me:pw" });
  expect(found.secrets.mirrors).toEqual({
    "https://two/c": "https://two/t/tk-1/c",
    "https://five/c": "https://five/t/tk-5/c",
  });
  expect(found.secrets.written).toMatchObject({ "https://two/c": "https://two/t/${TK}/c", "https://one/c": "" });
});

test("what is no package is said with its place", async () => {
  expect((await wanted([items(">=1")])).warnings).toEqual(["runtime.yaml:3:5: >=1 is no package"]);
});

test("lock files for a platform each are one solution", async () => {
  const line = (subdir: string) => `@EXPLICIT\nhttps://c/${subdir}/x-1-0.conda#${"a".repeat(32)}\n`;
  const files = { "a.txt": line("linux-64"), "b.txt": line("linux-aarch64") };
  const { pinned, specs } = await wanted([file("a.txt"), file("b.txt")], files);
  expect(Object.keys(pinned?.platforms ?? {})).toEqual(["linux-64", "linux-aarch64"]);
  expect(pinned?.label).toBe("b.txt");
  expect(specs).toEqual([]);
});

test("Python is told from packages that only begin like it", () => {
  const spec = (text: string) => ({ text, at: { file: "f", line: 1 } });
  expect(pythonSpec([spec("python-dateutil"), spec("forge::Python=3.11")])?.text).toBe("forge::Python=3.11");
  expect(pythonSpec([spec("python_abi")])).toBeUndefined();
});
