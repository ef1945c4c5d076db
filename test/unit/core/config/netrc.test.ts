import { expect, test } from "bun:test";
import { netrcLogins, parseNetrc } from "#core/config/netrc.ts";

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

test("no file, or a folder in its place, is no login", async () => {
  expect([...(await netrcLogins({ HOME: "/nowhere" }))]).toEqual([]);
  expect([...(await netrcLogins({ NETRC: "/tmp" }))]).toEqual([]);
});
