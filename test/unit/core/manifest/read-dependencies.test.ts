import { expect, test } from "bun:test";
import { firstLine, read, refused } from "./spec-text.ts";

const yaml = (lines: string) => `name: a\ndependencies:\n${lines}`;
const dependencies = (lines: string) => read(yaml(lines)).dependencies;

test.each([
  ["requirements.txt", "pip_req_file", "requirements.txt"],
  ["./reqs//base.in", "pip_req_file", "reqs/base.in"],
  ["a/../b.txt", "pip_req_file", "b.txt"],
  ["conda.yaml", "conda_env_file", "conda.yaml"],
  ["envs/gpu.yml", "conda_env_file", "envs/gpu.yml"],
])("%s is a %s", (written, kind, path) => {
  expect(dependencies(`  - ${written}\n`)).toMatchObject([{ kind, path }]);
});

test("the order of the yaml is kept, also of several kinds in one item", () => {
  const found = dependencies("  - commands: [a]\n    pip: [b]\n    conda: [c]\n  - requirements.txt\n  - pip: [d]\n");
  expect(found.map(({ kind }) => kind)).toEqual(["command", "pip_pkg", "conda_pkg", "pip_req_file", "pip_pkg"]);
});

test("packages are taken as written, each with its place", () => {
  const text = `  - pip:
      - numpy==1.21.6; python_version=='3.7'
      - "importlib-metadata>=4.0.0, <=4.2.0"
      - foo @ git+https://git.test/x.git@v1#subdirectory=a
`;
  expect(dependencies(text)).toEqual([
    {
      kind: "pip_pkg",
      at: { line: 3, column: 5 },
      items: [
        { text: "numpy==1.21.6; python_version=='3.7'", at: { line: 4, column: 9 } },
        { text: "importlib-metadata>=4.0.0, <=4.2.0", at: { line: 5, column: 9 } },
        { text: "foo @ git+https://git.test/x.git@v1#subdirectory=a", at: { line: 6, column: 9 } },
      ],
    },
  ]);
});

test("empty items and kinds whose lines are all commented out count as not written", () => {
  expect(dependencies("  -\n  - ''\n  - pip:\n      # - torch\n  - pip:\n      -\n      - six\n")).toMatchObject([
    { kind: "pip_pkg", items: [{ text: "six" }] },
  ]);
  expect(read("name: a\ndependencies:\n").dependencies).toEqual([]);
});

test("commands keep their lines", () => {
  expect(dependencies("  - commands:\n      - |\n        apt-get update\n        apt-get install x\n")).toMatchObject([
    { items: [{ text: "apt-get update\napt-get install x\n" }] },
  ]);
});

test("files keep every further key as it is", () => {
  const found = dependencies(
    "  - files:\n      - {src: ./a/, dest: b/c, name: n, pre: 'echo 1', mode: 0755, on: true}\n",
  );
  expect(found).toMatchObject([{ items: [{ src: "a", dest: "b/c" }] }]);
  expect(found[0]).toHaveProperty("items.0.extra", { name: "n", pre: "echo 1", mode: "0755", on: true });
});

test.each([
  ["- pip: six", "3:8: dependencies[0].pip must be a list, not text", "Write a list: `- pip: [six]`."],
  ["- conda: numpy", "3:10: dependencies[0].conda must be a list, not text", "Write a list: `- conda: [numpy]`."],
  ["- pip: [{a: b}]", "3:9: dependencies[0].pip[0] must be text, not a map", undefined],
  [
    "- files: a.sh",
    "3:10: dependencies[0].files must be a list, not text",
    "Write a list: `- files: [{src: scripts/run.sh, dest: bin/run.sh}]`.",
  ],
  ["- files: [a.sh]", "3:11: dependencies[0].files[0] must be a map of keys and values, not text", undefined],
])("%s is a wrong type", (line, message, hint) => {
  const error = refused(yaml(`${line}\n`));
  expect([error.code, firstLine(error)]).toEqual(["MANIFEST_TYPE", message]);
  expect(error.hint).toBe(hint);
});

test.each([
  [
    "- six",
    "3:3: six is neither a requirement file nor a conda file",
    "Packages are written as `- pip: [six]`; a file here ends in .txt, .in, .yaml or .yml.",
  ],
  ["- x.whl", "3:3: x.whl is neither a requirement file nor a conda file", "Write it as `- wheels: [x.whl]`."],
  ["- wheel: [x.whl]", "3:3: unknown kind of dependency wheel", "Did you mean wheels?"],
  ["- npm: [x]", "3:3: unknown kind of dependency npm", "Use one of pip, conda, wheels, files, commands."],
  ["- toString: [x]", "3:3: unknown kind of dependency toString", "Use one of pip, conda, wheels, files, commands."],
  [
    "- [six]",
    "3:3: dependencies[0] is a list inside the list",
    "An item is a file (requirements.txt, conda.yaml) or a kind with its list (`- pip: [six]`).",
  ],
  [
    "- wheels: [x.zip]",
    "3:12: x.zip is not a wheel",
    "A wheel's name ends in .whl; write packages of an index as `- pip: […]`.",
  ],
  [
    "- files: [{src: a}]",
    "3:11: dependencies[0].files[0] has no dest",
    "Every item of files needs src (in this folder) and dest (in the environment).",
  ],
  [
    "- files: [{dest: a, src: ''}]",
    "3:11: dependencies[0].files[0] has no src",
    "Every item of files needs src (in this folder) and dest (in the environment).",
  ],
  [
    '- pip: ["six\\n--index-url x"]',
    "3:9: dependencies[0].pip[0] has more than one line",
    "Write one package per list item.",
  ],
])("%s is refused", (line, message, hint) => {
  const error = refused(yaml(`${line}\n`));
  expect([error.code, firstLine(error), error.hint]).toEqual(["MANIFEST_DEPENDENCY", message, hint]);
});

test.each([
  ["- /abs.txt", "3:3: /abs.txt is not a relative path"],
  ["- ~/reqs.txt", "3:3: ~/reqs.txt is not a relative path"],
  ["- ../up.txt", "3:3: ../up.txt leads out of the folder"],
  ["- a/../../up.yaml", "3:3: a/../../up.yaml leads out of the folder"],
  ["- wheels: [/x.whl]", "3:12: /x.whl is not a relative path"],
  ["- wheels: [https://h.test/x.whl]", "3:12: https://h.test/x.whl is a URL, not a path"],
  ["- files: [{src: .., dest: a}]", "3:17: .. leads out of the folder"],
  ["- files: [{src: a, dest: /etc/x}]", "3:26: /etc/x is not a relative path"],
  ["- files: [{src: a, dest: ../x}]", "3:26: ../x leads out of the environment"],
  ['- "a\\0.txt"', "3:3: a\uFFFD.txt has a zero byte"],
])("%s is a path that a package can't hold", (line, message) => {
  const error = refused(yaml(`${line}\n`));
  expect([error.code, firstLine(error)]).toEqual(["MANIFEST_PATH", message]);
});

test.each(["..a/x.txt", "a..b.txt", "~x.txt", "a\\..\\b.txt"])("%s is an ordinary path", (path) => {
  expect(dependencies(`  - ${path}\n`)).toMatchObject([{ path }]);
});

test("a token in a package's URL is warned of, the name of a variable is not", () => {
  const spec = read(yaml("  - pip:\n      - git+https://t0ken@git.test/x\n      - git+https://${TOKEN}@git.test/y\n"));
  expect(spec.warnings).toHaveLength(1);
  expect(spec.warnings[0]).toStartWith("runtime.yaml:4:9: dependencies[0].pip[0] carries a password or token");
});
