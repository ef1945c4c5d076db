import { expect, test } from "bun:test";
import { parse } from "yaml";
import { buildManifest, manifestText } from "#core/manifest/package-manifest.ts";
import { parseManifest } from "#core/manifest/parse-manifest.ts";
import { read } from "./spec-text.ts";

const manifestWith = (commands: string[]) => {
  const spec = read("name: a\ndependencies:\n  - commands: [x]\n");
  const items = commands.map((text) => ({ text, at: { line: 1, column: 1 } }));
  const dependencies = [{ kind: "command" as const, items, at: { line: 1, column: 1 } }];
  return buildManifest({
    spec: { ...spec, dependencies },
    version: "a".repeat(40),
    createdAt: 0,
    python: "3.10",
    autoLock: false,
    lockFiles: [],
    platforms: [],
  });
};

// What PyYAML reads as a number, a date, a boolean, null, a merge key or not at all when it stands there plainly.
const HARD = [
  ...["3.10", "11.4", "8", "1_000", "0x1F", "017", "0b1", "190:20:30", "1:30", ".inf", ".nan", "6.02e+23", ".5", "5."],
  ...["yes", "No", "on", "OFF", "y", "n", "~", "null", "", "true", "=", "<<", "2026-11-22", "2026-11-22 00:42:37"],
  ...[" a", "a ", "a: b", "a #b", "#x", "- x", "? x", "[a]", "{a}", "*a", "&a", "!t", "%d", "@x", "`x", "'q'", '"q"'],
  ...["a\nb", "a\n\nb\n", "a \nb", " a\nb", "\n", "\ta", "a\tb", "a\rb", "---", "...", "--- x", "\\n", "a:", ":", "-"],
  ...["é", "😀", "\u0085", "\u2028", "\uFEFFx", "\u0000", "\u001B[0m", `${"x".repeat(200)} ${"y".repeat(200)}`],
];

test("every text is read back as the same text, by the rules of yaml 1.1 and by our own reader", () => {
  const manifest = manifestWith(HARD);
  const text = manifestText(manifest);
  expect(parse(text, { version: "1.1", merge: false }).dependencies.raw_deps[0].deps).toEqual(HARD);
  expect(parseManifest(text)).toEqual(manifest);
});

test("what a yaml 1.1 reader would misread is quoted, what it reads as text is plain", () => {
  const lines = manifestText(manifestWith(["<<", "=", "3.10", "0.6.15", "a\tb", "é"])).split("\n");
  const first = lines.indexOf("  - deps:") + 1;
  expect(lines.slice(first, first + 6)).toEqual([
    "    - '<<'",
    "    - '='",
    "    - '3.10'",
    "    - 0.6.15",
    '    - "a\\tb"',
    '    - "\\xE9"',
  ]);
  expect(lines).toContain("created_at: 1970-01-01 00:00:00 UTC");
  expect(lines).toContain("  python: '3.10'");
});

test("keys are sorted at every level and the text has no directive, no anchor, and one final line end", () => {
  const text = manifestText(manifestWith(["x"]));
  const keys = text.split("\n").flatMap((line) => /^([a-z_]+):/.exec(line)?.[1] ?? []);
  expect(keys).toEqual(keys.toSorted());
  expect(text).not.toMatch(/^%|^---|[&*]id|[&*]a\d/m);
  expect(text).toMatch(/[^\n]\n$/);
});
