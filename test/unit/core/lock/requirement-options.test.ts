import { expect, test } from "bun:test";
import { shellWords, splitLine } from "#core/lock/requirement-options.ts";

const options = (text: string) => splitLine(text).options.map(({ name, value }) => `${name} ${value}`.trim());

test("options are read in all spellings that pip reads", () => {
  expect(options("-rreqs.txt")).toEqual(["--requirement reqs.txt"]);
  expect(options("--requirem reqs.txt")).toEqual(["--requirement reqs.txt"]);
  expect(options("--pypi-url=x --pre -f 'my links'")).toEqual(["--index-url x", "--pre", "--find-links my links"]);
  expect(splitLine("six==1.0 --hash=sha256:aa --hash sha256:bb")).toEqual({
    requirement: "six==1.0",
    options: [
      { name: "--hash", value: "sha256:aa" },
      { name: "--hash", value: "sha256:bb" },
    ],
  });
});

test("what pip would not read is refused", () => {
  for (const text of ["--nope", "--no", "--req x", "-r", "--pre=1", "--find-links 'x", "--pre stray"])
    expect(() => splitLine(text)).toThrow();
});

test("words are split as a shell splits them", () => {
  expect(shellWords(`a "b c" 'd "e' f\\ g "" h`)).toEqual(["a", "b c", 'd "e', "f g", "", "h"]);
});
