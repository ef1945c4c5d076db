import { expect, test } from "bun:test";
import { located, problemsError, specError } from "#core/manifest/spec-error.ts";
import { read, refused } from "./spec-text.ts";

test("an error about an item that was read before marks the item", () => {
  const spec = read("name: a\ndependencies:\n  - wheels:\n      - missing-1.0-py3-none-any.whl # from CI\n");
  const dependency = spec.dependencies[0];
  const at = dependency?.kind === "wheel" ? dependency.items[0]?.at : undefined;
  const error = specError(spec, at ?? { line: 1, column: 1 }, {
    code: "MANIFEST_FILE_MISSING",
    message: "the wheel is not there",
    hint: "Build it.",
  });
  expect(error.message).toBe(
    [
      "runtime.yaml:4:9: the wheel is not there",
      "  4 |       - missing-1.0-py3-none-any.whl # from CI",
      "    |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
    ].join("\n"),
  );
  expect(error).toMatchObject({ code: "MANIFEST_FILE_MISSING", hint: "Build it." });
  expect(error.detail).toEqual({ file: "/project/runtime.yaml", line: 4, column: 9 });
});

test("tabs before the place are kept, so that the mark stands below its word on any terminal", () => {
  const at = { line: 10, column: 6, width: 3 };
  expect(
    located({ label: "f", text: `${"\n".repeat(9)}a:\tb c\n` }, at, "m")
      .split("\n")
      .slice(1),
  ).toEqual(["  10 | a:\tb c", "     |   \t  ^"]);
});

test("escape sequences of a file reach no terminal", () => {
  const error = refused('name: "a\\e[31m"\nmode: \u001b[31m\n');
  expect(error.message).not.toContain("\u001b");
  expect(error.message).toContain("1:7: a\uFFFD[31m can't be");
});

test("a line of ten thousand characters is shown around its place", () => {
  const error = refused(`name: a\nmode: ${"x".repeat(10_000)}\n`);
  expect(Math.max(...error.message.split("\n").map((line) => line.length))).toBeLessThan(400);
  expect(error.message.split("\n").at(-1)).toBe(`    | ${" ".repeat(6)}${"^".repeat(114)}`);
});

test("a file full of mistakes shows the first ten, each once", () => {
  const error = refused(`name: a\ndependencies:\n${"  - six\n".repeat(50)}`);
  expect(error.message.match(/^runtime\.yaml:/gm)).toHaveLength(10);
  const twice = { code: "MANIFEST_TYPE", at: { line: 1, column: 1, width: 1 }, message: "m" } as const;
  expect(problemsError({ label: "f", text: "a" }, [twice, twice]).message).toBe("f:1:1: m\n  1 | a\n    | ^");
});
