import { expect, test } from "bun:test";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type ExplicitIndex, indexSettings, NO_EXPLICIT_INDEX } from "#core/config/index-settings.ts";

/** A machine of somebody: their home with configuration files, their variables. */
async function machine() {
  const home = await realpath(await mkdtemp(join(tmpdir(), "sw-index-")));
  const base = { HOME: home, XDG_CONFIG_DIRS: join(home, "etc/xdg") };
  return {
    home,
    write: async (path: string, text: string) => {
      await mkdir(dirname(join(home, path)), { recursive: true });
      await writeFile(join(home, path), text);
      return join(home, path);
    },
    settings: async (env: Record<string, string> = {}, explicit: Partial<ExplicitIndex> = {}) =>
      await indexSettings({ env: { ...base, ...env }, cwd: home }, { ...NO_EXPLICIT_INDEX, ...explicit }),
    [Symbol.asyncDispose]: async () => await rm(home, { recursive: true, force: true }),
  };
}

const A = "https://a.invalid/simple";
const B = "https://b.invalid/simple";
const C = "https://c.invalid/simple";
const D = "https://d.invalid/simple";

test("a machine without any settings gets pip's meaning of several indexes and nothing else", async () => {
  await using m = await machine();
  const { env, args, findLinks } = await m.settings();
  expect([env.UV_INDEX_STRATEGY, env.UV_DEFAULT_INDEX, env.UV_INDEX]).toEqual([
    "unsafe-best-match",
    undefined,
    undefined,
  ]);
  expect([args, findLinks]).toEqual([[], []]);
});

test("the runtime's index wins over UV_*, those over PIP_*, those over files", async () => {
  await using m = await machine();
  await m.write(".config/pip/pip.conf", `[global]\nindex-url = ${D}\n`);
  const all = { UV_DEFAULT_INDEX: B, PIP_INDEX_URL: C };
  const main = async (env: Record<string, string>, explicit = {}) =>
    (await m.settings(env, explicit)).env.UV_DEFAULT_INDEX;
  expect(await main(all, { indexUrl: A })).toBe(A);
  expect(await main(all)).toBe(B);
  expect(await main({ PIP_INDEX_URL: C })).toBe(C);
  expect(await main({ PIP_INDEX_URL: "" })).toBe(D);
  expect(await main({ UV_INDEX_URL: A, PIP_INDEX_URL: C })).toBe(A);
  expect(await main({ SW_PYPI_INDEX_URL: A, UV_DEFAULT_INDEX: B })).toBe(A);
});

test("further indexes are the runtime's and those of the strongest level of the machine", async () => {
  await using m = await machine();
  await m.write(".config/pip/pip.conf", `[global]\nextra-index-url =\n    ${C}\n    ${D}\n`);
  const extra = async (env: Record<string, string>, explicit = {}) =>
    (await m.settings(env, explicit)).env.UV_INDEX?.split(" ");
  expect(await extra({})).toEqual([C, D]);
  expect(await extra({}, { extraIndexUrls: [A, B] })).toEqual([A, B, C, D]);
  expect(await extra({ PIP_EXTRA_INDEX_URL: `${A} ${B}` })).toEqual([A, B]);
  expect(await extra({ UV_INDEX: `mine=${A}`, UV_EXTRA_INDEX_URL: B })).toEqual([`mine=${A}`, B]);
});

test("the user's own strategy and cut-off date stand", async () => {
  await using m = await machine();
  const { env } = await m.settings({ UV_INDEX_STRATEGY: "first-index", UV_EXCLUDE_NEWER: "2024-01-01" });
  expect([env.UV_INDEX_STRATEGY, env.UV_EXCLUDE_NEWER]).toEqual(["first-index", "2024-01-01"]);
});

test("find-links folders that are not there or empty are left out, URLs and relative ones are kept", async () => {
  await using m = await machine();
  await m.write("links/x-1.0-py3-none-any.whl", "");
  await m.write("empty/readme.txt", "");
  const page = "https://f.invalid/links.html";
  const found = await m.settings({ PIP_FIND_LINKS: `links empty nowhere ${page}` });
  expect(found.env.UV_FIND_LINKS).toBe(`${m.home}/links,${page}`);
  expect([found.findLinks, found.warnings]).toEqual([[`${m.home}/links`], []]);
  expect((await m.settings({ PIP_FIND_LINKS: "~/links" })).findLinks).toEqual([`${m.home}/links`]);
  expect((await m.settings({ UV_FIND_LINKS: `${m.home}/links,${m.home}/none` })).findLinks).toEqual([
    `${m.home}/links`,
  ]);
});

test("--no-index silences every index", async () => {
  await using m = await machine();
  for (const made of [
    await m.settings({ PIP_NO_INDEX: "1", PIP_INDEX_URL: A, PIP_EXTRA_INDEX_URL: B }),
    await m.settings({ PIP_INDEX_URL: A }, { noIndex: true }),
  ]) {
    expect([made.args, made.env.UV_DEFAULT_INDEX, made.env.UV_INDEX]).toEqual([["--no-index"], undefined, undefined]);
  }
  expect((await m.settings({ PIP_NO_INDEX: "false", PIP_INDEX_URL: A })).args).toEqual([]);
});

test("certificates, proxy, patience and trusted hosts of pip reach uv", async () => {
  await using m = await machine();
  const conf =
    "[global]\ncert = /etc/ca.pem\nproxy = proxy.invalid:3128\ntimeout = 7.5\nretries = 2\n[install]\ntrusted-host = a.invalid\n  b.invalid:8080\n";
  await m.write(".pip/pip.conf", conf);
  const { env } = await m.settings({}, { trustedHosts: ["c.invalid"] });
  expect(env).toMatchObject({
    SSL_CERT_FILE: "/etc/ca.pem",
    HTTPS_PROXY: "http://proxy.invalid:3128",
    HTTP_PROXY: "http://proxy.invalid:3128",
    UV_HTTP_TIMEOUT: "8",
    UV_HTTP_RETRIES: "2",
    UV_INSECURE_HOST: "c.invalid a.invalid b.invalid:8080",
  });
  const own = await m.settings({ SSL_CERT_FILE: "/mine.pem", UV_HTTP_TIMEOUT: "1" });
  expect([own.env.SSL_CERT_FILE, own.env.UV_HTTP_TIMEOUT]).toEqual([undefined, undefined]);
  const ours = await m.settings({ SW_CA_BUNDLE: "~/ours.pem", SSL_CERT_FILE: "/mine.pem" });
  expect(ours.env.SSL_CERT_FILE).toBe(`${m.home}/ours.pem`);
});

test("credentials reach uv by variables and nothing else", async () => {
  await using m = await machine();
  const secret = "https://me:s3cret@e.invalid/simple";
  const made = await m.settings(
    { PIP_INDEX_URL: secret, TOKEN: "t0ken" },
    { extraIndexUrls: ["https://${TOKEN}@f.invalid/simple"] },
  );
  expect([made.env.UV_DEFAULT_INDEX, made.env.UV_INDEX]).toEqual([secret, "https://t0ken@f.invalid/simple"]);
  expect(JSON.stringify([made.key, made.args, made.warnings])).not.toMatch(/s3cret|t0ken/);
});

test("uv.toml gives index, certificates, offline and cache, and nothing else", async () => {
  await using m = await machine();
  await m.write(
    ".config/uv/uv.toml",
    `exclude-newer = "2020-01-01"\noffline = true\nsystem-certs = true\ncache-dir = "/c"\nresolution = "lowest"\n
[[index]]\nurl = "${A}"\ndefault = true\n[[index]]\nname = "b"\nurl = "${B}"\n[[index]]\nname = "c"\nurl = "${C}"\nexplicit = true\n`,
  );
  const { env } = await m.settings({ PIP_CONFIG_FILE: "/dev/null" });
  expect(env).toEqual({
    UV_INDEX_STRATEGY: "unsafe-best-match",
    UV_DEFAULT_INDEX: A,
    UV_INDEX: B,
    UV_OFFLINE: "1",
    UV_SYSTEM_CERTS: "1",
    UV_CACHE_DIR: "/c",
  });
  expect((await m.settings({ UV_NO_CONFIG: "1" })).env.UV_DEFAULT_INDEX).toBeUndefined();
  const other = await m.write("other.toml", `index-url = "${D}"\n`);
  expect((await m.settings({ UV_CONFIG_FILE: other })).env.UV_DEFAULT_INDEX).toBe(D);
});

test("a variable of the user's stands over the same setting of uv.toml", async () => {
  await using m = await machine();
  await m.write(".config/uv/uv.toml", `offline = true\ncache-dir = "/c"\n`);
  const { env } = await m.settings({ UV_OFFLINE: "0", UV_CACHE_DIR: "/mine" });
  expect([env.UV_OFFLINE, env.UV_CACHE_DIR]).toEqual([undefined, undefined]);
});

test("a uv.toml that is none is named", async () => {
  await using m = await machine();
  const path = await m.write(".config/uv/uv.toml", "index-url = \n");
  await expect(m.settings()).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(path) });
});

test("pip's own choice of formats is kept for locks", async () => {
  await using m = await machine();
  const { formats } = await m.settings({ PIP_PRE: "yes", PIP_NO_BINARY: "six,click", PIP_ONLY_BINARY: ":all:" });
  expect(formats).toEqual({ pre: true, noBinary: ["six", "click"], onlyBinary: [":all:"] });
});
