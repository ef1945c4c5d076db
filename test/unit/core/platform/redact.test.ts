import { expect, test } from "bun:test";
import { hasSecret, redactUrl, stripUserinfo } from "#core/platform/redact.ts";

test("passwords and tokens go, names of accounts and variables stay", () => {
  const shown: [string, string][] = [
    ["https://me:pw@h.invalid/x", "https://me:***@h.invalid/x"],
    [
      "see https://t0ken@h.invalid/x, and git+https://a:b@g.invalid",
      "see https://***@h.invalid/x, and git+https://a:***@g.invalid",
    ],
    ["http://me:p@ss@h.invalid/x", "http://me:***@h.invalid/x"],
    ["git+ssh://git@h.invalid/x", "git+ssh://git@h.invalid/x"],
    ["https://${USER}:${PASS}@h.invalid", "https://${USER}:***@h.invalid"],
    ["https://h.invalid/a@b", "https://h.invalid/a@b"],
    ["at https://h.invalid/t/tk-1/main/x, file:///t/a/b", "at https://h.invalid/t/***/main/x, file:///t/a/b"],
    ["https://h.invalid/t/$TOKEN/main", "https://h.invalid/t/$TOKEN/main"],
    ["name @ https://h.invalid/x", "name @ https://h.invalid/x"],
  ];
  for (const [text, expected] of shown) expect(redactUrl(text)).toBe(expected);
});

test("a secret is known as one", () => {
  expect(["https://me:pw@h", "https://t0ken@h", "git+https://t0ken@h/x"].map(hasSecret)).toEqual([true, true, true]);
  const none = ["https://h/x", "https://${T}@h", "https://me:${T}@h", "git+ssh://git@h/x", "https://git@h/x", "a @ b"];
  expect(none.filter(hasSecret)).toEqual([]);
});

test("a URL without its userinfo can be compared", () => {
  expect(stripUserinfo("https://me:pw@h.invalid/x https://h.invalid")).toBe("https://h.invalid/x https://h.invalid");
});
