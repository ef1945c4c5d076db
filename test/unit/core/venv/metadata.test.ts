import { expect, test } from "bun:test";
import { parseMetadata } from "#core/venv/metadata.ts";

test("the head is read in any case and with folded lines; the description below it is not", () => {
  const text = `Metadata-Version: 2.1\r
NAME: Own.Thing\r
Version:1.0\r
requires-dist: a>=1;\r
  extra == "x"\r
Requires-Dist: b\r
Requires-Python: >=3.8\r
\r
Requires-Dist: not-one\r
Name: other\r
`;
  expect(parseMetadata(text)).toEqual({
    name: "Own.Thing",
    version: "1.0",
    requires: ['a>=1; extra == "x"', "b"],
    requiresPython: ">=3.8",
  });
});

test("a file without a name or a version is no distribution", () => {
  expect(parseMetadata("Name: x\n")).toBeUndefined();
  expect(parseMetadata("Version: 1\n\nName: x\n")).toBeUndefined();
  expect(parseMetadata("")).toBeUndefined();
});
