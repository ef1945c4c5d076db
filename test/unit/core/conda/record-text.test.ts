import { expect, test } from "bun:test";
import { parseRecordText } from "#core/conda/record-text.ts";

const SCRIPT = "etc/conda/activate.d/x.sh";
const FILES = ["lib/x.py", "lib/python3.11/site-packages/x-1.dist-info/METADATA", "bin/x", SCRIPT];
const record = (files: string[], paths: object) => ({
  name: "x",
  depends: ["a [b]"],
  files,
  paths_data: paths,
  requested_specs: ["x[y]"],
});

test.each([
  ["as conda writes it", JSON.stringify(record(FILES, { paths: [{ _path: "a" }], paths_version: 1 }), null, 2)],
  ["as rattler writes it", JSON.stringify(record(FILES, { paths_version: 1, paths: [{ _path: "a" }] }), null, 2)],
  ["on one line", JSON.stringify(record(FILES, { paths: [], paths_version: 1 }))],
  [
    "with brackets and braces in names",
    JSON.stringify(record([...FILES, "a]b", "c}]},d"], { paths: [{ _path: 'x]},"y' }], paths_version: 1 })),
  ],
  ["without paths", JSON.stringify({ ...record(FILES, {}), paths_data: undefined })],
])("a record %s says what is conda's", (_, text) => {
  const found = parseRecordText(text);
  expect(found?.owned).toEqual([FILES[1] ?? "", SCRIPT]);
  expect(found?.data).toMatchObject({ name: "x", depends: ["a [b]"], requested_specs: ["x[y]"] });
});

test("what is no JSON object is nothing", () => {
  expect(parseRecordText('{"files": [')).toBeUndefined();
  expect(parseRecordText("3")).toBeUndefined();
});
