import { expect, test } from "bun:test";
import { stat } from "node:fs/promises";
import { withCtx } from "#core/context.ts";
import { buildSettings, proxyNames, writeSettings } from "#core/docker/build-settings.ts";
import { putBlobBytes } from "#core/store/blobs.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";
import { recipe } from "./subject.ts";

const settingsOf = async (home: StoreHome, env: Record<string, string>, more = {}) =>
  await buildSettings(withCtx(home.ctx, { env: { ...home.ctx.env, PIP_CONFIG_FILE: "/dev/null", ...env } }), {
    ...recipe,
    ...more,
  });

/** What a shell has after reading uv.env. */
async function shellOf(home: StoreHome, settings: Awaited<ReturnType<typeof buildSettings>>): Promise<string> {
  await home.write("context/x", "");
  await writeSettings(`${home.dir}/context`, settings);
  const script = `set -e; . ${home.dir}/context/uv.env; env`;
  return Bun.spawnSync(["/bin/sh", "-c", script], { env: { HOME: `${home.dir}/inside` } }).stdout.toString();
}

test("the client's certificates are brought, whichever variable names them; ours stands over the others", async () => {
  await using home = await storeHome();
  const [one, two] = [await home.write("one.pem", "ONE"), await home.write("two.pem", "TWO")];
  const certificate = await home.write("client.pem", "CLIENT");
  await home.write("hashed/0a1b2c3d.0", "HASHED");
  await home.write("hashed/readme", "no certificate");
  const authorities = async (env: Record<string, string>) => (await settingsOf(home, env)).authorities;
  expect(await authorities({})).toBe("");
  expect(await authorities({ SSL_CERT_FILE: one })).toBe("ONE");
  expect(await authorities({ REQUESTS_CA_BUNDLE: one })).toBe("ONE");
  expect(await authorities({ SW_CA_BUNDLE: two, SSL_CERT_FILE: one })).toBe("TWO");
  expect(await authorities({ SSL_CERT_DIR: `/nowhere:${home.dir}/hashed` })).toBe("HASHED");
  expect(await authorities({ UV_SYSTEM_CERTS: "1" })).toContain("BEGIN CERTIFICATE");
  const all = await settingsOf(home, { SSL_CERT_FILE: one, SSL_CLIENT_CERT: certificate });
  const shown = await shellOf(home, all);
  for (const line of [
    "SSL_CERT_FILE=/swcli/ca.pem",
    "GIT_SSL_CAINFO=/swcli/ca.pem",
    "SSL_CLIENT_CERT=/swcli/client.pem",
  ])
    expect(shown).toContain(`${line}\n`);
  expect(await Bun.file(`${home.dir}/context/client.pem`).text()).toBe("CLIENT");
  expect(shown).not.toContain(home.dir.concat("/client"));
});

test("logins of the hosts that are asked are brought, and no others; nobody else can read them", async () => {
  await using home = await storeHome();
  const netrc =
    "machine i.example login me password one\nmachine g.example login you password two\nmachine z.example login z password three\n";
  await home.write(".netrc", netrc);
  const vcs = (await putBlobBytes(home.ctx, `x @ git+https://g.example/r@${"c".repeat(40)}\n`)).sha256;
  const settings = await settingsOf(home, { PIP_INDEX_URL: "https://I.example:8443/simple" }, { vcs });
  expect(settings.logins.trim().split("\n")).toEqual([
    "machine i.example login me password one",
    "machine g.example login you password two",
  ]);
  expect(await shellOf(home, settings)).toContain("NETRC=/swcli/netrc\n");
  for (const name of ["netrc", "client.pem", "uv.env"])
    expect((await stat(`${home.dir}/context/${name}`)).mode & 0o777).toBe(0o600);
  const none = await settingsOf(home, {});
  expect([none.logins, (await shellOf(home, none)).includes("NETRC")]).toEqual(["", false]);
});

test("patience and logins of uv's own variables mean the same inside; folders and helpers of this machine don't", async () => {
  await using home = await storeHome();
  const env = {
    UV_HTTP_TIMEOUT: "9",
    UV_INDEX_MINE_PASSWORD: "it's",
    UV_CACHE_DIR: "/c",
    UV_KEYRING_PROVIDER: "subprocess",
  };
  const shown = await shellOf(
    home,
    await settingsOf(home, { ...env, PIP_KEYRING_PROVIDER: "subprocess", UV_OFFLINE: "1" }),
  );
  expect(shown).toContain("UV_HTTP_TIMEOUT=9\n");
  expect(shown).toContain("UV_INDEX_MINE_PASSWORD=it's\n");
  expect(shown).not.toMatch(/UV_CACHE_DIR|KEYRING|OFFLINE/);
});

test.each([
  ["an index", { PIP_INDEX_URL: "http://localhost:3141/root" }, true],
  ["a proxy", { https_proxy: "http://me:pw@127.0.0.1:3128" }, true],
  ["a proxy of IPv6", { ALL_PROXY: "socks5h://[::1]:1080" }, true],
  ["an index elsewhere", { PIP_INDEX_URL: "https://me:127.0.0.1@i.example/127.0.0.1" }, false],
  ["nothing", {}, false],
])("%s decides whether the host's network is needed", async (_, env, needed) => {
  await using home = await storeHome();
  expect((await settingsOf(home, env as Record<string, string>)).needsHost).toBe(needed);
});

test("a package from a host on loopback needs the host's network", async () => {
  await using home = await storeHome();
  const requirements = (await putBlobBytes(home.ctx, "x @ http://127.0.0.1:9/x-1.0-py3-none-any.whl\n")).sha256;
  expect((await settingsOf(home, {}, { requirements })).needsHost).toBe(true);
});

test("proxies go by their names, so that no list of processes shows a password", () => {
  const env = { HTTPS_PROXY: "http://me:pw@p", no_proxy: "x", http_proxy: "", OTHER_PROXY: "y" };
  expect(proxyNames(env)).toEqual(["HTTPS_PROXY", "no_proxy"]);
});
