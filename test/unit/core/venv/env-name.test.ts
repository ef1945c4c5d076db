import { expect, test } from "bun:test";
import { isName } from "#core/uri/names.ts";
import { envName } from "#core/venv/env-name.ts";

test.each([
  ["/home/me/.virtualenvs/pytorch", "pytorch"],
  ["/home/me/work/.venv", "work"],
  ["/home/me/my project/.venv", "my-project"],
  ["/x/3.11-env", "env-3.11-env"],
  ["/.venv", "default"],
  ["/x/venv", "venv"],
  ["3dseg", "env-3dseg"],
  ["my env", "my-env"],
  ["project:env", "project-env"],
])("%p is called %p", (prefix, name) => {
  expect(envName(prefix).name).toBe(name);
  expect(isName(name)).toBe(true);
});

test("what it calls itself is known beside the name, also where a project speaks for it", () => {
  expect(envName("/envs/3dseg")).toEqual({ name: "env-3dseg", own: "3dseg" });
  expect(envName("/home/me/work/.venv")).toEqual({ name: "work", own: "work" });
});
