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
])("%p is called %p", (prefix, name) => {
  expect(envName(prefix)).toBe(name);
  expect(isName(name)).toBe(true);
});
