import { expect, test } from "bun:test";
import { safe, safeJson, safeLines } from "#cli/output/escape.ts";
import { columns, paint, wantsColor } from "#cli/output/terminal.ts";
import { shortVersion, size, time } from "#cli/output/views/format.ts";
import { facts, table } from "#cli/output/views/table.ts";

const plain = { paint: paint(false) };
const rows = [
  { name: "mnist", size: 20480 },
  { name: "数据", size: 5 },
  { name: "evil\u001b]0;title\u0007\nnext", size: 0 },
  { name: "", size: 1 },
];
const cols = [
  { title: "NAME", cell: (row: (typeof rows)[0]) => row.name },
  { title: "SIZE", cell: (row: (typeof rows)[0]) => size(row.size), right: true },
];

test("columns line up whatever the names hold, and no cell is empty", () => {
  const lines = table(rows, cols, plain).split("\n");
  expect(lines).toHaveLength(5);
  expect(new Set(lines.map((line) => Bun.stringWidth(line))).size).toBe(1);
  expect(lines[3]).toContain("evil\\x1b]0;title\\x07\\nnext");
  expect(lines[4]).toStartWith("- ");
});

test("an empty table still has its head", () => {
  expect(table([], cols, plain)).toBe("NAME  SIZE");
});

test("colours are only in the head", () => {
  const text = table(rows, cols, { paint: paint(true) });
  expect(text.split("\n")[0]).toBe("\u001b[1m" + table(rows, cols, plain).split("\n")[0] + "\u001b[22m");
});

test("facts escape their values", () => {
  expect(
    facts(
      [
        ["Name", "a\rb"],
        ["Id", "1"],
      ],
      plain,
    ),
  ).toBe("Name  a\\rb\nId    1");
});

test.each([
  [0, "0.00B"],
  [1023, "1023.00B"],
  [1024, "1.00KiB"],
  [20480, "20.00KiB"],
  [1024 * 1024 - 1, "1.00MiB"],
  [434_000_000, "413.89MiB"],
  [3 * 1024 ** 5, "3.00PiB"],
])("%p bytes are %p", (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

test("times are UTC whatever form they come in", () => {
  expect(time("2026-11-22T03:24:04.999Z")).toBe("2026-11-22 03:24:04 UTC");
  expect(time(0)).toBe("1970-01-01 00:00:00 UTC");
  expect(time("not a time")).toBe("");
});

test("a short version has 12 characters", () => {
  expect(shortVersion("ge3tkylgha2tenrtmftdgyjzni3dayqabcdefghi")).toBe("ge3tkylgha2t");
});

test("control characters never reach the terminal", () => {
  const evil = "a\u0000\u001b[2J\u007f\u009b31m\u202eb\tc\nd";
  expect(safe(evil)).toBe("a\\x00\\x1b[2J\\x7f\\x9b31m\\u202eb\\tc\\nd");
  expect(safeLines(evil)).toBe("a\\x00\\x1b[2J\\x7f\\x9b31m\\u202eb\tc\nd");
  expect(safeJson({ evil })).not.toMatch(/[\u007f-\u009f\u202e]/);
  expect(JSON.parse(safeJson({ evil }))).toEqual({ evil });
});

test("colours obey the option, then NO_COLOR, TERM and the terminal", () => {
  expect(wantsColor("always", false, { NO_COLOR: "1" })).toBe(true);
  expect(wantsColor("never", true, {})).toBe(false);
  expect(wantsColor("auto", true, {})).toBe(true);
  expect(wantsColor("auto", false, {})).toBe(false);
  expect(wantsColor("auto", true, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColor("auto", true, { NO_COLOR: "" })).toBe(true);
  expect(wantsColor("auto", true, { TERM: "dumb" })).toBe(false);
});

test("the width comes from COLUMNS when it makes sense", () => {
  expect(columns(false, { COLUMNS: "100" })).toBe(100);
  expect(columns(false, { COLUMNS: "3" })).toBe(40);
  expect(columns(false, { COLUMNS: "wide" })).toBe(80);
  expect(columns(false, {})).toBe(80);
});
