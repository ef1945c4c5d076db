import { expect, test } from "bun:test";
import { type DraftFacts, draftSpec } from "#core/manifest/draft-spec.ts";
import { parseSpec } from "#core/manifest/read-spec.ts";

const facts = (parts: Partial<DraftFacts>): DraftFacts => ({
  name: "demo",
  mode: "venv",
  python: "3.10",
  pythonFrom: "this machine",
  files: [],
  pip: [],
  wheels: [],
  otherFiles: [],
  ...parts,
});

const read = (parts: Partial<DraftFacts>) => parseSpec(draftSpec(facts(parts)), "/p/runtime.yaml", "/p");

test("our own reader takes every draft, without a warning", () => {
  expect(read({})).toMatchObject({ name: "demo", mode: "venv", environment: { python: "3.10" }, warnings: [] });
  const spec = read({ files: ["requirements.txt"], pip: ["torch>=2"], wheels: ["a-1-py3-none-any.whl"] });
  expect(spec.warnings).toEqual([]);
  expect(spec.dependencies.map(({ kind }) => kind)).toEqual(["pip_req_file", "pip_pkg", "wheel"]);
});

test("names of files and packages that yaml would take for something else stay text", () => {
  const spec = read({
    name: "_",
    pip: ["a; sys_platform == 'linux'", "b # c", "*", "1e3"],
    files: ["requirements-x #.txt"],
  });
  const [file, pip] = spec.dependencies;
  expect(file).toMatchObject({ path: "requirements-x #.txt" });
  expect(pip).toMatchObject({
    items: [{ text: "a; sys_platform == 'linux'" }, { text: "b # c" }, { text: "*" }, { text: "1e3" }],
  });
});

test("a line break in what becomes a comment ends no comment", () => {
  const spec = read({ otherFiles: ["requirements-a\nmode: conda\n#.txt"], pythonFrom: "x\nname: evil" });
  expect(spec).toMatchObject({ name: "demo", mode: "venv" });
});
