import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { indexLogins } from "#core/bundle/logins.ts";
import { someCtx } from "../transfer/context.ts";

const basic = (login: string) => `Basic ${btoa(login)}`;

test("a login goes to its own host and port only", async () => {
  const ctx = someCtx({ env: { HOME: "/nowhere" } });
  const env = { UV_DEFAULT_INDEX: "https://me:p%40ss@one.example:8443/simple", UV_INDEX: "https://two.example/simple" };
  const logins = await indexLogins(ctx, { env });
  expect(logins.headerFor(new URL("https://one.example:8443/files/x.whl"))).toBe(basic("me:p@ss"));
  expect(logins.headerFor(new URL("https://one.example/files/x.whl"))).toBeUndefined();
  expect(logins.headerFor(new URL("https://two.example/x.whl"))).toBeUndefined();
});

test("uv's variables for a named index, find-links and condarc's logins count; an address wins over netrc", async () => {
  const dir = await mkdtemp(join(tmpdir(), "logins-"));
  const NETRC = join(dir, "netrc");
  await Bun.write(NETRC, "machine three.example login n password 1\nmachine links.example login n password 2\n");
  const ctx = someCtx({ env: { NETRC, UV_INDEX_MY_OWN_USERNAME: "u", UV_INDEX_MY_OWN_PASSWORD: "w" } });
  const env = {
    UV_INDEX: "my-own=https://own.example/simple",
    UV_FIND_LINKS: "/srv/wheels,https://a:b@links.example/w",
  };
  const logins = await indexLogins(ctx, { env }, { "conda.example": "c:d" });
  const header = (host: string) => logins.headerFor(new URL(`https://${host}/x`));
  expect(["own", "links", "conda", "three"].map((host) => header(`${host}.example`))).toEqual(
    ["u:w", "a:b", "c:d", "n:1"].map(basic),
  );
  await rm(dir, { recursive: true });
});

test("only hosts that the user trusts go without a certificate", async () => {
  const logins = await indexLogins(someCtx(), { env: { UV_INSECURE_HOST: "a.example b.example:8443" } });
  const trusted = ["https://a.example/x", "https://b.example:8443/x", "https://b.example/x", "https://c.example/x"];
  expect(trusted.map((url) => logins.isTrusted(new URL(url)))).toEqual([true, true, false, false]);
});
