import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { netrcLogins, netrcText, parseNetrc } from "#core/config/netrc.ts";

test("machines on one line or several, quoted words, comments; the first entry of a host counts", () => {
  const text = `# mine
machine a.example login me password s3cret
machine b.example
  login you
  password "two words \\"x\\""
machine a.example login other password other
default login anonymous password guest
`;
  expect([...parseNetrc(text)]).toEqual([
    ["a.example", "me:s3cret"],
    ["b.example", 'you:two words "x"'],
  ]);
});

test("logins that are added come back from the text as they were, and win over the user's own", async () => {
  const logins = { "a.example": 'me:with "quotes", blanks and # \\', "b.example": "you:p:w", "c.example": "token:" };
  expect(Object.fromEntries(parseNetrc(await netrcText({ HOME: "/nowhere" }, logins)))).toEqual(logins);
  const file = join(mkdtempSync(join(tmpdir(), "netrc-")), "netrc");
  writeFileSync(file, "machine a.example login old password one\nmachine z.example login me password pw\n");
  const own = parseNetrc(await netrcText({ NETRC: file }, { "a.example": "new:one" }));
  rmSync(dirname(file), { recursive: true });
  expect(Object.fromEntries(own)).toEqual({ "a.example": "new:one", "z.example": "me:pw" });
});

test("no file, or a folder in its place, is no login", async () => {
  expect([...(await netrcLogins({ HOME: "/nowhere" }))]).toEqual([]);
  expect([...(await netrcLogins({ NETRC: "/tmp" }))]).toEqual([]);
});
