/** Pushing to registries that demand tokens, cut connections or are busy; they stand before a real one. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { pushTinyBase } from "../servers/base-image.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { type Gate, openGate } from "../servers/registry-gate.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";

const missing = await registryMissing();
const testImage = testWith(missing);
const SLOW = 90_000;

let registry: RegistryServer;
let base: string;

beforeAll(async () => {
  if (missing) return;
  registry = await startRegistry();
  base = await pushTinyBase(registry.host);
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

/** Docker's login for a host, as `docker login` writes it. */
const login = async (home: Home, host: string, pair: string) =>
  await home.write(".docker/config.json", JSON.stringify({ auths: { [host]: { auth: btoa(pair) } } }));

/** Two files of random bytes, so that layers are large and don't compress. */
async function buildLarge(home: Home, megabytes: number): Promise<void> {
  const { dir } = await buildForImage(home);
  await home.write(join(dir, "big.bin"), crypto.getRandomValues(Buffer.alloc(65536)));
  const big = Buffer.concat(Array.from({ length: megabytes * 16 }, () => crypto.getRandomValues(Buffer.alloc(65536))));
  await home.write(join(dir, "big.bin"), big);
  const yaml = await Bun.file(join(dir, "runtime.yaml")).text();
  await home.write(
    join(dir, "runtime.yaml"),
    yaml.replace("- files: [", "- files: [{ src: big.bin, dest: big.bin }, "),
  );
  const built = await home.run(["runtime", "build", "--prepare", "no"], { cwd: dir });
  expect(built.exitCode).toBe(0);
}

const uploads = (gate: Gate) => gate.seen.filter((line) => /^(PATCH|PUT) .*\/blobs\/uploads\//.test(line)).length;

testImage(
  "a registry that demands a token gets one with docker's login, and new ones as they end",
  async () => {
    await using gate = openGate(registry, { tokenUses: 2, login: "ann:secret" });
    await using home = await tempHome();
    await buildForImage(home);
    await login(home, gate.host, "ann:secret");
    const made = await dockerize(home, "-t", `${gate.host}/token/x:1`, "--base-image", base, "--push");
    expect(made.pushed).toBe(true);
    expect(gate.seen.filter((line) => line === "GET /token").length).toBeGreaterThan(2);
  },
  SLOW,
);

testImage(
  "without a login, or with a wrong one, the error says how to log in and shows no password",
  async () => {
    await using gate = openGate(registry, { tokenUses: 2, login: "ann:secret" });
    await using home = await tempHome();
    await buildForImage(home);
    await login(home, gate.host, "ann:wrongpassword");
    const ran = await home.run([
      "-v",
      "runtime",
      "dockerize",
      "demo",
      "-t",
      `${gate.host}/no/x:1`,
      "--base-image",
      base,
      "--push",
    ]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain(`docker login ${gate.host}`);
    expect(ran.stderr).toContain("AUTH_FAILED");
    expect(ran.stderr + ran.stdout).not.toContain("wrongpassword");
    expect(ran.stderr + ran.stdout).not.toContain(btoa("ann:wrongpassword"));
  },
  SLOW,
);

testImage(
  "credentials come from docker's helper when config.json names one",
  async () => {
    await using gate = openGate(registry, { tokenUses: 100, login: "ann:secret" });
    await using home = await tempHome();
    await buildForImage(home);
    const helper = '#!/bin/sh\nread host\nprintf \'{"ServerURL":"%s","Username":"ann","Secret":"secret"}\' "$host"\n';
    await home.write("bin/docker-credential-test", helper, 0o755);
    await home.write(".docker/config.json", JSON.stringify({ credHelpers: { [gate.host]: "test" } }));
    const args = ["runtime", "dockerize", "demo", "-t", `${gate.host}/helper/x:1`, "--base-image", base, "--push"];
    const ran = await home.run(args, { env: { PATH: `${home.dir}/bin:${home.env.PATH}` } });
    expect(ran).toMatchObject({ exitCode: 0 });
  },
  SLOW,
);

testImage(
  "an identity token is exchanged for others, again and again in a long push, and shown to nobody",
  async () => {
    await using gate = openGate(registry, { tokenUses: 2, identity: "of-a-cloud" });
    await using home = await tempHome();
    await buildForImage(home);
    await home.write(
      ".docker/config.json",
      JSON.stringify({ auths: { [gate.host]: { identitytoken: "of-a-cloud" } } }),
    );
    const args = ["-t", `${gate.host}/identity/x:1`, "--base-image", base, "--push"];
    const made = await home.run(["-v", "runtime", "dockerize", "demo", ...args]);
    expect(made).toMatchObject({ exitCode: 0 });
    expect(made.stdout + made.stderr).not.toContain("of-a-cloud");
    expect(gate.seen.filter((line) => line === "POST /token").length).toBeGreaterThan(2);
    expect(gate.seen).not.toContain("GET /token");
  },
  SLOW,
);

testImage(
  "outside loopback plain http needs --insecure-registry, and the error says so",
  async () => {
    // All addresses of this machine: reachable, and no loopback by its name.
    await using gate = openGate(registry, { address: "0.0.0.0" });
    await using home = await tempHome();
    await buildForImage(home);
    const args = ["runtime", "dockerize", "demo", "-t", `${gate.host}/plain/x:1`, "--base-image", base, "--push"];
    const refused = await home.run([...args, "--engine", "direct"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("--insecure-registry");
    expect(gate.seen).toEqual([]);
    expect(await home.run([...args, "--insecure-registry", gate.host])).toMatchObject({ exitCode: 0 });
    expect(gate.seen.some((line) => line === "PUT /v2/plain/x/manifests/1")).toBe(true);
  },
  SLOW,
);

testWith(missing, needsProgram("openssl"))(
  "a registry with a private authority is not trusted until its file is named",
  async () => {
    await using home = await tempHome();
    const [key, cert] = [join(home.dir, "key.pem"), join(home.dir, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:0.0.0.0"];
    const make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject];
    expect(await home.exec([...make, "-keyout", key, "-out", cert])).toMatchObject({ exitCode: 0 });
    const tls = { key: await Bun.file(key).text(), cert: await Bun.file(cert).text() };
    await buildForImage(home);
    for (const address of ["127.0.0.1", "0.0.0.0"]) {
      await using gate = openGate(registry, { tls, address, tokenUses: 100 });
      const args = [
        "runtime",
        "dockerize",
        "demo",
        "-t",
        `${gate.host}/tls/x:${address}`,
        "--base-image",
        base,
        "--push",
      ];
      const refused = await home.run([...args, "--engine", "direct"]);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain(`the certificate of ${gate.host} is not trusted`);
      expect(refused.stderr).toContain("SW_CA_BUNDLE");
      expect(gate.seen).toEqual([]);
      expect(await home.run(args, { env: { SSL_CERT_FILE: cert } })).toMatchObject({ exitCode: 0 });
      expect(gate.seen).toContain(`PUT /v2/tls/x/manifests/${address}`);
    }
  },
  SLOW,
);

testImage(
  "an upload that is cut in the middle goes on where the registry got to",
  async () => {
    await using gate = openGate(registry, { cutUploads: { times: 2, after: 20_000_000 } });
    await using home = await tempHome();
    await buildLarge(home, 80);
    const before = gate.sent();
    const made = await dockerize(home, "-t", `${gate.host}/cut/x:1`, "--base-image", base, "--push");
    expect(made.pushed).toBe(true);
    expect(gate.trouble.cutUploads?.times).toBe(0);
    // Each cut costs less than one piece of 32 MiB on top of the 84 MB.
    expect(gate.sent() - before).toBeLessThan(84_000_000 + 2 * 34_000_000);
    expect(uploads(gate)).toBeGreaterThan(4);
  },
  SLOW,
);

testImage(
  "an upload that the registry forgets with each cut is begun again as often as any other try",
  async () => {
    await using gate = openGate(registry, { cutUploads: { times: 3, after: 1000 } });
    await using home = await tempHome();
    const { dir } = await buildForImage(home);
    await home.write(join(dir, "greet.sh"), crypto.getRandomValues(Buffer.alloc(50_000)));
    expect((await home.run(["runtime", "build", "--prepare", "no"], { cwd: dir })).exitCode).toBe(0);
    const made = await dockerize(home, "-t", `${gate.host}/forgets/x:1`, "--base-image", base, "--push");
    expect(made.pushed).toBe(true);
    expect(gate.trouble.cutUploads?.times).toBe(0);
  },
  SLOW,
);

testImage(
  "a base layer whose download is cut is gone on with, and is the same in the end",
  async () => {
    await using gate = openGate(registry, { cutDownloads: { times: 2, after: 100 } });
    await using home = await tempHome();
    await buildForImage(home);
    await using other = await startRegistry();
    const behind = base.replace(registry.host, gate.host);
    const made = await dockerize(home, "-t", `${other.host}/x/handed:1`, "--base-image", behind, "--push");
    const seen = await home.exec(["skopeo", "inspect", "--tls-verify=false", `docker://${other.host}/x/handed:1`]);
    expect(seen.json.Digest).toBe(made.digest);
  },
  SLOW,
);

/** How long was waited, as the log says it. */
const pauses = (text: string): number[] => [...text.matchAll(/trying again in ([\d.]+) s/g)].map(([, s]) => Number(s));

testImage(
  "429 and 503 are waited for, for as long as the registry asks",
  async () => {
    await using gate = openGate(registry, { busy: { 429: 2, 503: 2 }, retryAfter: "3" });
    await using home = await tempHome();
    await buildForImage(home);
    const args = ["runtime", "dockerize", "demo", "-t", `${gate.host}/busy/x:1`, "--base-image", base, "--push"];
    const made = await home.run(["-v", ...args]);
    expect(made).toMatchObject({ exitCode: 0 });
    expect(gate.trouble.busy).toEqual({ 429: 0, 503: 0 });
    expect(pauses(made.stderr).slice(0, 2)).toEqual([3, 3]);
  },
  SLOW,
);

testImage(
  "503 in the middle of an upload is waited for, longer each time, and the upload goes on",
  async () => {
    await using gate = openGate(registry, { busyUploads: { 503: 3 } });
    await using home = await tempHome();
    await buildLarge(home, 40);
    const args = ["runtime", "dockerize", "demo", "-t", `${gate.host}/midway/x:1`, "--base-image", base, "--push"];
    const made = await home.run(["-v", ...args]);
    expect(made).toMatchObject({ exitCode: 0 });
    expect(gate.trouble.busyUploads).toEqual({ 503: 0 });
    expect(pauses(made.stderr)).toHaveLength(3);
    expect(pauses(made.stderr).every((seconds) => seconds >= 0.5)).toBe(true);
  },
  SLOW,
);

testImage(
  "an upload that is never let through is given up after some tries, with the way on",
  async () => {
    await using gate = openGate(registry, { busyUploads: { 503: 1000 } });
    await using home = await tempHome();
    await buildForImage(home);
    const args = ["runtime", "dockerize", "demo", "-t", `${gate.host}/never/x:1`, "--base-image", base, "--push"];
    const made = await home.run(["-v", ...args]);
    expect(made).toMatchObject({ exitCode: 1 });
    expect(made.stderr).toContain("keeps losing the upload");
    // Three blobs at a time, six tries each.
    expect(1000 - (gate.trouble.busyUploads?.[503] ?? 0)).toBeLessThanOrEqual(18);
    expect(Math.max(...pauses(made.stderr))).toBe(8);
  },
  SLOW,
);

test(
  "a registry that is not there is named, and nothing is left behind",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const ran = await home.run([
      "runtime",
      "dockerize",
      "demo",
      "-t",
      "127.0.0.1:1/x:1",
      "--base-image",
      "127.0.0.1:1/b:1",
      "--push",
      "--engine",
      "direct",
    ]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain("127.0.0.1:1 does not answer");
  },
  SLOW,
);
