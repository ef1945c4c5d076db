import { expect, test } from "bun:test";
import { ERROR_CODES, type ErrorJson, errno, SwError, throwIfAborted } from "#core/errors.ts";

/** The exit codes that scripts rely on; a code that no line names ends with 1. */
const LINES: readonly [RegExp, number][] = [
  [/^RUN_FAILED$/, 125],
  [/^RUN_NOT_EXECUTABLE$/, 126],
  [/^RUN_NOT_FOUND$/, 127],
  [/^CANCELLED$/, 130],
  [/^(USAGE|URI_INVALID|ON_SERVER|CONFIG_INVALID|MANIFEST_.+)$/, 2],
  [/^(AMBIGUOUS|(RUNTIME|VERSION|TAG|PROJECT|INSTANCE|ENV|JOB|FILE)_NOT_FOUND)$/, 3],
  [/^(EXISTS|TAG_TAKEN|NAME_TAKEN|IN_USE)$/, 4],
];

test("a script tells usage, not found, conflict and interruption from a failure by the exit code alone", () => {
  const wanted = Object.keys(ERROR_CODES).map((code) => [code, LINES.find(([line]) => line.test(code))?.[1] ?? 1]);
  expect(Object.entries(ERROR_CODES)).toEqual(wanted as never);
  expect(new SwError("AMBIGUOUS", "which?").exitCode).toBe(3);
});

test("an error comes over the wire with its hint and facts, without its cause", () => {
  const sent = new SwError("EXISTS", "there", { hint: "-f", detail: { uri: "a" }, cause: new Error("secret") });
  const wire = JSON.stringify(sent);
  expect(wire).not.toContain("secret");
  const came = SwError.fromJSON(JSON.parse(wire));
  expect(came).toMatchObject({ code: "EXISTS", message: "there", hint: "-f", detail: { uri: "a" }, exitCode: 4 });
});

test.each(["OF_A_NEWER_PEER", "constructor", "__proto__"])(
  "a code that we don't know (%s) is a plain failure",
  (code) => {
    const came = SwError.fromJSON({ code, message: "m" } as unknown as ErrorJson);
    expect([came.code, came.exitCode, came.message]).toEqual(["FAILED", 1, "m"]);
  },
);

test("what the system refuses is no bug of ours: what and where, and that somebody else owns it", () => {
  for (const code of ["EACCES", "EPERM", "EROFS"]) {
    const error = SwError.from(Object.assign(new Error(`${code}: permission denied, mkdir '/x'`), { code }));
    expect(error).toMatchObject({ code: "FAILED", message: expect.stringContaining("mkdir '/x'") });
    expect(error.hint).toContain("Whose is it");
  }
});

test("a place where no folder can be is no bug of ours either; a file that is missing unawares is", () => {
  for (const [code, syscall] of [
    ["ENOTDIR", "open"],
    ["ENAMETOOLONG", "open"],
    ["ENOENT", "mkdir"],
  ] as const) {
    const error = SwError.from(Object.assign(new Error(`${code}: '/x'`), { code, syscall }));
    expect(error).toMatchObject({ code: "FAILED", message: `${code}: '/x'` });
    expect(error.hint).toContain("No folder can be there");
  }
  expect(SwError.from(Object.assign(new Error("x"), { code: "ENOENT", syscall: "open" })).code).toBe("INTERNAL");
});

test("a full disk is said as such, another error is our bug and keeps its place", () => {
  for (const code of ["ENOSPC", "EDQUOT"]) {
    expect(SwError.from(Object.assign(new Error("write"), { code })).code).toBe("DISK_FULL");
  }
  const bug = SwError.from(new TypeError("x is no function"));
  expect(bug).toMatchObject({ code: "INTERNAL", message: "x is no function" });
  expect(String(bug.detail?.stack)).toContain("errors.test.ts");
  expect(SwError.from("only words")).toMatchObject({ code: "INTERNAL", message: "only words" });
  const ours = new SwError("USAGE", "no");
  expect(SwError.from(ours)).toBe(ours);
});

test("the system's name of an error is read off anything that was thrown", () => {
  const thrown = [Object.assign(new Error(), { code: "ENOENT" }), { code: 5 }, null, undefined, "ENOENT", new Error()];
  expect(thrown.map(errno)).toEqual(["ENOENT", undefined, undefined, undefined, undefined, undefined]);
});

test("cancelled work stops at the next step, other work goes on", () => {
  throwIfAborted(new AbortController().signal);
  expect(() => throwIfAborted(AbortSignal.abort())).toThrow(expect.objectContaining({ code: "CANCELLED" }));
});
