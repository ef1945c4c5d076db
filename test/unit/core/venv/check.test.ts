import { expect, test } from "bun:test";
import { checkDistributions } from "#core/venv/check.ts";
import { markerEnv } from "#core/venv/marker.ts";

const env = markerEnv("3.11.4", "linux-x86_64");
const one = (name: string, version: string, requires: string[] = [], requiresPython?: string) => ({
  ...{ key: name.toLowerCase(), name, version, requires, requiresPython },
});

test("requirements that are met, or whose marker does not hold, say nothing", () => {
  const found = checkDistributions(
    [
      one("App", "1", [
        "lib (>=1,<2)",
        "other; sys_platform == 'win32'",
        "more[x]>=2 ; extra == 'all'",
        "url @ https://x/y ;python_version>'3'",
      ]),
      one("lib", "1.5"),
      one("url", "9"),
    ],
    env,
  );
  expect(found).toEqual({ lines: [], missing: [] });
});

test("a missing package, a wrong version, a second copy and a wrong Python are each one line", () => {
  const found = checkDistributions(
    [one("app", "1", ["Gone>=2", "lib<1"], ">=3.12"), one("lib", "1.5"), one("lib", "1.4")],
    env,
  );
  expect(found.missing).toEqual(["gone"]);
  expect(found.lines).toEqual([
    "lib is installed twice: 1.5, which counts, and 1.4",
    "app 1 requires Python >=3.12, this is 3.11.4",
    "app 1 requires gone >=2, which is not installed",
    "app 1 requires lib <1, but 1.5 is installed",
  ]);
});
