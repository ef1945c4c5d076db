import { expect, test } from "bun:test";
import { SwError } from "#core/errors.ts";
import { parseCondaFile } from "#core/manifest/conda-file.ts";

const YML = `name: theirs
prefix: /opt/builder/envs/theirs
channels:
  - lab
  - conda-forge
dependencies:
  - python=3.11
  - numpy >=1.26  # the newest
  - pip
  - pip:
      - six==1.16.0
      - -r more.txt
variables:
  FLAG: "1"
  COUNT: 2
  EMPTY:
  SWITCH: yes
  QUOTED: "yes"
`;
const error = (text: string): SwError => {
  try {
    parseCondaFile(text, "env.yml");
  } catch (e) {
    if (e instanceof SwError) return e;
  }
  throw new Error("no SwError");
};

test("channels, packages and nested pip come with their places; the builder's name and prefix say nothing", () => {
  const file = parseCondaFile(YML, "env.yml");
  expect(file.channels).toEqual(["lab", "conda-forge"]);
  expect(file.packages).toEqual([
    { text: "python=3.11", at: { line: 7, column: 5 } },
    { text: "numpy >=1.26", at: { line: 8, column: 5 } },
    { text: "pip", at: { line: 9, column: 5 } },
  ]);
  expect(file.pip.map(({ text, at }) => `${at.line}: ${text}`)).toEqual(["11: six==1.16.0", "12: -r more.txt"]);
  expect(file.variables).toEqual({ FLAG: "1", COUNT: "2", EMPTY: "", SWITCH: "True", QUOTED: "yes" });
  expect(file.warnings).toEqual([]);
  expect(JSON.stringify(file)).not.toContain("/opt/builder");
});

test("a variable that would take PATH away, or is none, is left out and said; one that is a list is an error", () => {
  const { variables, warnings } = parseCondaFile("variables:\n  PATH: /x\n  a b: 1\n  OK: 2\n", "env.yml");
  expect(variables).toEqual({ OK: "2" });
  expect(warnings).toEqual([
    "env.yml:2:3: PATH is left out: activation makes it",
    "env.yml:3:3: variables.a b is no name of a variable",
  ]);
  expect(error("variables: { OK: [1] }\n")).toMatchObject({ code: "MANIFEST_TYPE" });
});

test("a key that conda does not know is warned of with its place, one that it knows is not", () => {
  const { warnings } = parseCondaFile("platforms: [linux-64]\ndependancies: [a]\ndependencies: [b]\n", "env.yml");
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("env.yml:2:1");
});

test("a file with nothing in it asks for nothing", () => {
  for (const text of ["", "dependencies:\n", "dependencies:\n  - pip:\n"]) {
    expect(parseCondaFile(text, "env.yml")).toMatchObject({ channels: [], packages: [], pip: [] });
  }
});

test("another list than pip's, and dependencies that are no list, are errors with the place", () => {
  expect(error("dependencies:\n  - npm:\n      - left-pad\n")).toMatchObject({ code: "MANIFEST_DEPENDENCY" });
  expect(error("dependencies:\n  - npm:\n      - left-pad\n").message).toContain("env.yml:2:5");
  expect(error("dependencies: { python: 3 }\n").code).toStartWith("MANIFEST_");
  expect(error("dependencies: [a\n").code).toBe("MANIFEST_SYNTAX");
});
