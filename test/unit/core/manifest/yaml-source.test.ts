import { expect, test } from "bun:test";
import { openSource } from "#core/manifest/yaml-source.ts";
import { errorOf, firstLine, read, refused } from "./spec-text.ts";

test.each([
  ["a key that is there twice", "name: a\nname: b\n", "2:1: this key is there twice"],
  ["a key twice in a nested map", "name: a\nenvironment:\n  os: x\n  os: y\n", "4:3: this key is there twice"],
  ["a tab as indentation", "name: a\nenvironment:\n\tpython: 3.8\n", "3:1: a tab can't be used for indentation"],
  ["a second document", "name: a\n---\nname: b\n", "2:1: a second document starts here"],
  ["a list that is not closed", "name: a\ndependencies: [a.txt\n", /^3:1: flow sequence/],
  ["a map inside a value", "name: a\n foo: b\n", /^1:7: nested mappings are not allowed/],
  ["an alias of nothing", "name: *x\n", "1:7: no value is marked as &x"],
])("%s is refused at its place", (_what, text, message) => {
  const error = refused(text);
  expect(error.code).toBe("MANIFEST_SYNTAX");
  if (message instanceof RegExp) expect(firstLine(error)).toMatch(message);
  else expect(firstLine(error)).toBe(message);
});

const billionLaughs = [
  "name: a",
  "x0: &x0 [x, x, x, x, x, x, x, x, x]",
  ...Array.from({ length: 9 }, (_, i) => `x${i + 1}: &x${i + 1} [${Array(9).fill(`*x${i}`).join(", ")}]`),
  "configs: {conda: {condarc: {all: *x9}}}",
].join("\n");
const wide = `a: &a [${"x, ".repeat(5000)}]`;

test.each([
  ["aliases of aliases", billionLaughs],
  ["a long list many times", `name: a\n${wide}\nconfigs: {conda: {condarc: {all: [${"*a, ".repeat(500)}]}}}\n`],
])("%s end with an error instead of all memory", (_what, text) => {
  const error = refused(text);
  expect(error.code).toBe("MANIFEST_SYNTAX");
  expect(error.message).toContain("this file has too many values, or its aliases expand to too many");
});

test.each([
  ["open brackets without end", `name: a\nx: ${"[".repeat(100_000)}`],
  ["an alias of itself", "name: a\nconfigs:\n  conda:\n    condarc: &x\n      y: *x\n"],
  ["a hundred nested lists", `name: a\nconfigs: {conda: {condarc: {x: ${"[".repeat(100)}${"]".repeat(100)}}}}\n`],
])("%s: too deep", (_what, text) => {
  const error = refused(text);
  expect([error.code, error.message]).toEqual(["MANIFEST_SYNTAX", expect.stringContaining("nested too deeply")]);
});

test("a text of more than 1 MiB is not parsed at all", () => {
  const error = errorOf(() => openSource(`# ${"é".repeat(512 * 1024)}`, "big.yaml"));
  expect([error.code, error.message]).toEqual(["MANIFEST_SYNTAX", "big.yaml is larger than 1 MiB"]);
});

test("anchors, aliases and merge keys mean what yaml says", () => {
  const spec = read(
    "x: &d {python: 3.10, cuda: 11.4}\nname: a\nenvironment:\n  <<: *d\n  cuda: 11.5\n  os: &o ubuntu:20.04\n",
  );
  expect(spec.environment).toMatchObject({ python: "3.10", cuda: "11.5" });
  const several = read("x: &a {cuda: 11.4}\ny: &b {cuda: 11.5, python: 3.9}\nname: n\nenvironment:\n  <<: [*a, *b]\n");
  expect(several.environment).toMatchObject({ python: "3.9", cuda: "11.4" });
  expect(read('name: a\nconfigs: {conda: {condarc: {"<<": x}}}\n').configs.conda.condarc).toEqual({ "<<": "x" });
});

test("CRLF and a byte order mark change neither values nor places", () => {
  const error = refused("\uFEFFname: 9\r\nenvironment:\r\n  python: 2.7\r\n");
  expect(error.message.split("\n").filter((line) => !line.startsWith("Use"))).toEqual([
    "runtime.yaml:1:7: 9 can't be the name of a runtime",
    "  1 | name: 9",
    "    |       ^",
    "runtime.yaml:3:11: environment.python 2.7 is not supported",
    "  3 |   python: 2.7",
    "    |           ^^^",
  ]);
  expect(read("\uFEFFname: a\r\nmode: venv\r\n")).toMatchObject({ name: "a", mode: "venv" });
});

test("a yaml directive is fine, a tag of a language is warned of and makes nothing", () => {
  expect(read("%YAML 1.1\n---\nname: a\n").name).toBe("a");
  const spec = read("name: !!python/object:os.system a\n");
  expect(spec.name).toBe("a");
  expect(spec.warnings).toEqual([expect.stringContaining("runtime.yaml:1:7: unresolved tag")]);
});
