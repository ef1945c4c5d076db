import { expect, test } from "bun:test";
import { channelNetwork, holdsHereOnly } from "#core/conda/channel-network.ts";
import type { CondarcData } from "#core/config/condarc.ts";
import { withCtx } from "#core/context.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

const network = async (home: StoreHome, settings: CondarcData, env: Record<string, string> = {}) =>
  await channelNetwork(withCtx(home.ctx, { env: { HOME: home.dir, ...env } }), settings);

test("what the condarc does not say is the client's own environment, and nothing is said", async () => {
  await using home = await storeHome();
  const env = { HTTPS_PROXY: "http://p", SSL_CERT_FILE: "/ca.pem" };
  for (const ssl_verify of [undefined, true, "true", "truststore", ""]) {
    const found = await network(home, { ssl_verify }, env);
    expect(found).toEqual({ env: { HOME: home.dir, ...env }, insecure: false });
  }
  expect(home.said).toEqual([]);
});

test("proxies of the condarc replace those of the environment, in both ways of writing them", async () => {
  await using home = await storeHome();
  const proxy_servers = { http: "http://a:1", https: "http://me:pw@b:2", all: null };
  const { env } = await network(home, { proxy_servers }, { https_proxy: "http://old", NO_PROXY: "h" });
  expect(env).toMatchObject({
    ...{ HTTP_PROXY: "http://a:1", http_proxy: "http://a:1", NO_PROXY: "h" },
    ...{ HTTPS_PROXY: "http://me:pw@b:2", https_proxy: "http://me:pw@b:2" },
  });
  expect(env).not.toHaveProperty("ALL_PROXY");
});

test("a proxy for one host, and a certificate of the client, are said to be left out", async () => {
  await using home = await storeHome();
  const { env } = await network(home, {
    proxy_servers: { "https://me:pw@c.example": "http://b:2" },
    client_ssl_cert: "/own.pem",
  });
  expect(env).toEqual({ HOME: home.dir });
  expect(home.said).toHaveLength(2);
  expect(home.said.join("\n")).toMatch(/client_ssl_cert.*\n.*c\.example/);
  expect(home.said.join()).not.toContain("pw");
});

test("certificates that are not checked are said, for our engine and for others", async () => {
  await using home = await storeHome();
  for (const ssl_verify of [false, "false", "no"]) {
    const found = await network(home, { ssl_verify });
    expect(found).toMatchObject({ insecure: true, env: { CONDA_SSL_VERIFY: "false", MAMBA_SSL_VERIFY: "false" } });
  }
  expect((await network(home, { ssl_verify: true }, { CONDA_SSL_VERIFY: "false" })).insecure).toBe(true);
  expect(home.said).toHaveLength(4);
  expect(home.said[0]).toContain("are not checked");
});

test("a file or a folder of authorities takes the place of the client's", async () => {
  await using home = await storeHome();
  const file = await home.write("ca/own.pem", "");
  const env = { SSL_CERT_FILE: "/old.pem", SSL_CERT_DIR: "/old" };
  expect((await network(home, { ssl_verify: "~/ca/own.pem" }, env)).env).toMatchObject({
    ...{ SSL_CERT_FILE: file, SSL_CERT_DIR: undefined, CONDA_SSL_VERIFY: file, REQUESTS_CA_BUNDLE: file },
  });
  expect((await network(home, { ssl_verify: `${home.dir}/ca` }, env)).env).toMatchObject({
    ...{ SSL_CERT_FILE: undefined, SSL_CERT_DIR: `${home.dir}/ca` },
  });
  await expect(network(home, { ssl_verify: "/nowhere.pem" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

test("every variable that names authorities to servers and registries names them to the engine", async () => {
  await using home = await storeHome();
  const [own, other] = [await home.write("own.pem", ""), await home.write("other.pem", "")];
  const dir = { SSL_CERT_DIR: "/etc/ssl/certs" };
  for (const name of ["SW_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]) {
    expect((await network(home, {}, { [name]: own, ...dir })).env.SSL_CERT_FILE, name).toBe(own);
  }
  const both = { SW_CA_BUNDLE: own, SSL_CERT_FILE: other, REQUESTS_CA_BUNDLE: other };
  expect((await network(home, {}, both)).env).toMatchObject({ SSL_CERT_FILE: own, REQUESTS_CA_BUNDLE: own });
  expect((await network(home, { ssl_verify: other }, both)).env.SSL_CERT_FILE).toBe(other);
  const missing = network(home, {}, { CURL_CA_BUNDLE: "/nowhere.pem" });
  await expect(missing).rejects.toThrow("CURL_CA_BUNDLE names /nowhere.pem, which can't be read");
});

test("what a runtime says of proxies and trust is named: it does not travel", () => {
  expect(holdsHereOnly({ channels: ["a"], ssl_verify: true })).toEqual([]);
  expect(holdsHereOnly({ ssl_verify: false, proxy_servers: { http: "http://p" } })).toEqual([
    "ssl_verify",
    "proxy_servers",
  ]);
  expect(holdsHereOnly({ ssl_verify: "/ca.pem" })).toEqual(["ssl_verify"]);
});
