import { expect, test } from "bun:test";
import {
  learn,
  learnHome,
  OWN_VALUE,
  pathChange,
  pathWith,
  type Values,
  worthTrying,
} from "#core/env/activation/conda-learn.ts";

const tried = (values: Record<string, string | undefined>) =>
  new Map(
    Object.entries(values).map(([name, value]) => [
      name,
      { OTHER: "1", ...(value !== undefined && { [name]: value }) },
    ]),
  );

test("a value that scripts put around the person's own is known with and without it", () => {
  const set = { LIST: "/env/lib", FLAGS: "-O2 ", CHOICE: "ours", FIXED: "x" };
  const after = { LIST: `/env/lib:${OWN_VALUE}`, FLAGS: `-O2 ${OWN_VALUE}`, CHOICE: OWN_VALUE, FIXED: "x" };
  expect(learn(set, tried({ ...after, GONE: undefined, MAYBE: `${OWN_VALUE}:/more` }))).toEqual({
    set: { FIXED: "x" },
    unset: ["GONE"],
    extend: {
      LIST: { of: "LIST", parts: ["/env/lib:", ""], alone: "/env/lib" },
      FLAGS: { of: "FLAGS", parts: ["-O2 ", ""], alone: "-O2 " },
      CHOICE: { of: "CHOICE", parts: ["", ""], alone: "ours" },
      MAYBE: { of: "MAYBE", parts: ["", ":/more"] },
    },
    odd: [],
  });
});

test("a value that is made in another way, or a try without an end, is left as for a person without one", () => {
  const set = { UPPER: "A", ENDED: "b", HALF: "c" };
  const after = new Map<string, Values | undefined>([
    ["UPPER", { UPPER: OWN_VALUE.toUpperCase() }],
    ["ENDED", undefined],
    ["HALF", { HALF: `${OWN_VALUE.slice(0, -3)}` }],
  ]);
  expect(learn(set, after)).toEqual({ set, unset: [], extend: {}, odd: ["UPPER", "ENDED", "HALF"] });
});

test("values in the home follow it, and one that only looks like it is left alone", () => {
  const learned = learn({ DATA: "/home/me/data", HASH: "1234", SAME: "/opt" }, new Map());
  learnHome(learned, { DATA: "/link/data", HASH: "5678", SAME: "/opt" }, { home: "/home/me", link: "/link" });
  expect(learned).toEqual({
    set: { HASH: "1234", SAME: "/opt" },
    unset: [],
    extend: { DATA: { of: "HOME", parts: ["", "/data"], alone: "/data" } },
    odd: ["HASH"],
  });
});

test("only what scripts change and look at is worth a try, and nothing of the shell's own or given before", () => {
  const text = [
    'export LIST="/env:$LIST" BLIND=1',
    'export PATH="/x:$PATH" GIVEN="$GIVEN y"',
    "unset -v GONE OTHER",
    'if [ -n "${BACKUP-}" ]; then HIDDEN=${HIDDEN:-1}; fi',
  ].join("\n");
  const after = { LIST: "/env:", BLIND: "1", GIVEN: "x y" };
  expect(worthTrying(text, after, { GIVEN: "x" })).toEqual(["GONE", "HIDDEN", "LIST", "OTHER"]);
});

test("entries of PATH stay on the side of the person's where scripts put them", () => {
  const bin = "/env/bin";
  expect(pathChange(pathWith(bin), bin)).toEqual({ path: [bin], behind: [] });
  expect(pathChange(`/first:${pathWith(bin)}:/last:/env/second`, bin)).toEqual({
    path: ["/first", bin],
    behind: ["/last", "/env/second"],
  });
  expect(pathChange("/only:/usr/bin", bin)).toEqual({ path: ["/only"], behind: [] });
});
