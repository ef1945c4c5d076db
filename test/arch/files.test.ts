/** The shape of files: size, names, heads. A failure lists the offenders with their figures. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { PROJECT, readProject } from "./project.ts";

const project = [...(await readProject()).values()];
const shipped = project.filter(({ path }) => /^(cli|core|daemon)\//.test(path));
const isTest = (path: string): boolean => path.endsWith(".test.ts");

const FILE_LINES = 250;
const TEST_LINES = 400;
const FUNCTION_LINES = 40;

test(`no file has more than ${FILE_LINES} lines (tests: ${TEST_LINES})`, () => {
  const long = project.filter(({ path, lines }) => lines > (isTest(path) ? TEST_LINES : FILE_LINES));
  expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
});

test(`no function has more than ${FUNCTION_LINES} lines`, () => {
  const long = project
    .filter(({ path }) => !isTest(path))
    .flatMap(({ path, functions }) => functions.map((one) => ({ path, ...one })))
    .filter(({ lines }) => lines > FUNCTION_LINES);
  expect(long.map(({ path, name, lines }) => `${path}: ${name} ${lines}`)).toEqual([]);
});

test("file names are kebab-case, and none says it holds odds and ends", () => {
  const names = project.map(({ path }) => path);
  const odd = names.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.ts$/.test(basename(path)));
  const vague = names.filter((path) => /^(utils?|helpers?|misc|common)\.ts$/.test(basename(path)));
  expect([...odd, ...vague]).toEqual([]);
});

test("no file only re-exports others", () => {
  expect(project.filter(({ barrel }) => barrel).map(({ path }) => path)).toEqual([]);
});

test("every file of the product begins by saying what it owns", () => {
  const headless = shipped.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text));
  expect(headless.map(({ path }) => path)).toEqual([]);
});

test("every test that a file's head names is there", () => {
  const named = project.flatMap(({ path, text }) => {
    const head = /^(?:#!.*\n)?\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? "";
    return [...head.matchAll(/\btest\/[\w./-]*\w/g)].map(([test]) => ({ path, test }));
  });
  expect(named.length).toBeGreaterThan(100);
  const missing = named.filter(({ test }) => !existsSync(`${PROJECT}/${test}`));
  expect(missing.map(({ path, test }) => `${path}: ${test}`)).toEqual([]);
});
