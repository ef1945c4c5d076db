import { expect, test } from "bun:test";
import { compareVersions, meets } from "#core/venv/pep440.ts";

// The order of PEP 440's own summary.
const ORDER = [
  "1.0.dev1",
  "1.0a1.dev1",
  "1.0a1",
  "1.0b2.post1",
  "1.0rc1",
  "1.0",
  "1.0+abc.5",
  "1.0+5",
  "1.0.post1.dev1",
  "1.0.post1",
  "1.1.dev1",
  "1!0.1",
];

test("versions stand in the order of PEP 440, each below all that follow", () => {
  for (const [i, a] of ORDER.entries()) {
    for (const b of ORDER.slice(i + 1))
      expect(`${a} ${b} ${Math.sign(compareVersions(a, b) ?? 9)}`).toBe(`${a} ${b} -1`);
  }
});

test.each([
  ["1.0", "1.0.0"],
  ["1.0-1", "1.0.post1"],
  ["v1.0alpha2", "1.0a2"],
  ["1.0RC1", "1.0c1"],
])("%p and %p are the same version", (a, b) => {
  expect(compareVersions(a, b)).toBe(0);
});

test.each([
  ["1.4.2", "~=1.4", true],
  ["2.0", "~=1.4", false],
  ["1.4.9", "~=1.4.2", true],
  ["1.5", "~=1.4.2", false],
  ["1.1.7", "==1.1.*", true],
  ["1.2", "!=1.1.*", true],
  ["1.1.7", "!=1.1.*", false],
  ["1.0rc1", "<1.0", false],
  ["1.0.post1", ">1.0", false],
  ["1.0+cu118", "==1.0", true],
  ["1.0+cu118", "==1.0+cpu", false],
  ["1.20", ">=1.21.1,<3", false],
  ["2.8.0", ">=1.21.1, <3", true],
  ["2.0b1", ">=1.0", true],
  ["anything", "===anything", true],
])("%p against %p is %p", (version, specifier, expected) => {
  expect(meets(version, specifier)).toBe(expected);
});
