import { expect, test } from "bun:test";
import { inspect } from "node:util";
import { Secret } from "#core/config/secret.ts";

test("a token shows in no text, JSON or log", () => {
  const secret = Secret.of("Bearer hunter2");
  const shown = [String(secret), `${secret}`, JSON.stringify({ secret }), inspect({ secret }), Bun.inspect({ secret })];
  for (const text of shown) {
    expect(text).not.toContain("hunter2");
    expect(text).toContain("***");
  }
  expect(Object.keys(secret)).toEqual([]);
  expect(secret.reveal()).toBe("Bearer hunter2");
});
