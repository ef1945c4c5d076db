import { expect, test } from "bun:test";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { trustFor } from "#core/platform/certificates.ts";

const dir = await mkdtemp(join(tmpdir(), "sw-ca-"));
const bundle = async (name: string) => {
  const path = join(dir, `${name}.pem`);
  await writeFile(path, `certificates of ${name}`);
  return path;
};

test("the first variable that names a file decides alone, ours before others'", async () => {
  const names = ["SW_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
  const env: Record<string, string> = {};
  for (const name of [...names].reverse()) {
    env[name] = await bundle(name);
    expect(await trustFor(env)).toEqual({ ca: [`certificates of ${name}`] });
  }
});

test("without one the built-in and the system's stores hold, with the further ones that are named", async () => {
  const [first = ""] = tls.getCACertificates("default");
  expect((await trustFor({})).ca).toContain(first);
  const { ca = [] } = await trustFor({ NODE_EXTRA_CA_CERTS: await bundle("extra") });
  expect(ca).toContain(first);
  expect(ca).toContain("certificates of extra");
});

test("a file that is not there is named with its variable, and no certificate matters without the check", async () => {
  const env = { HOME: dir, SSL_CERT_FILE: "~/gone.pem" };
  expect(await trustFor(env).catch(String)).toContain(`SSL_CERT_FILE names ${dir}/gone.pem`);
  expect(await trustFor(env, true)).toEqual({ rejectUnauthorized: false });
});
