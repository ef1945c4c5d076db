import { expect, test } from "bun:test";
import { didYouMean, distance, matchNames, nearest } from "#cli/suggest.ts";

const verbs = [
  { name: "activate", alias: ["actv"] },
  { name: "copy", alias: ["cp"] },
  { name: "info", alias: [] },
  { name: "list", alias: ["ls"] },
  { name: "recover", alias: [] },
  { name: "remove", alias: ["rm"] },
  { name: "run", alias: [] },
  { name: "runner", alias: [] },
];
const names = (given: string) => matchNames(given, verbs).map(({ name }) => name);

test.each([
  ["inf", ["info"]],
  ["INFO", ["info"]],
  ["ls", ["list"]],
  ["LS", ["list"]],
  ["act", ["activate"]],
  ["actv", ["activate"]],
  ["re", ["recover", "remove"]],
  ["run", ["run"]],
  ["runn", ["runner"]],
  ["x", []],
  ["", []],
])("the prefix %p means %p", (given, expected) => {
  expect(names(given)).toEqual(expected);
});

test.each([
  ["", "", 0],
  ["tag", "tga", 1],
  ["tag", "tags", 1],
  ["list", "lost", 1],
  ["abc", "", 3],
  ["kitten", "sitting", 3],
])("from %p to %p are %p slips", (a, b, slips) => {
  expect(distance(a, b)).toBe(slips);
  expect(distance(b, a)).toBe(slips);
});

test("nothing is suggested when nothing is near", () => {
  expect(nearest("--frobnicate", ["--tag", "--name", "-t"])).toBeUndefined();
  expect(didYouMean("-z", ["-t", "-n"])).toBeUndefined();
});

test("a long option that was cut short is suggested whole", () => {
  expect(didYouMean("--disable", ["--tag", "--disable-env-lock"])).toBe("Did you mean --disable-env-lock?");
});
