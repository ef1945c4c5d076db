/** Registries with a token service: real ones check every request's scope, a troublesome one lets tokens end at once. */
import { expect, test } from "bun:test";
import { Tokens } from "#core/oci/tokens.ts";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { registryMissing, startRegistry } from "../servers/registry.ts";
import { openGate } from "../servers/registry-gate.ts";
import { startTokenRegistry } from "../servers/registry-tokens.ts";
import { storeCtx } from "../unit/core/store/store-ctx.ts";

const testRegistry = testWith(await registryMissing(), needsProgram("openssl"));
const LONG = 60_000;
const ALL = ["pull", "push"];

async function imported(home: Home): Promise<string> {
  const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}.bin`, new Uint8Array(70_000).fill(i)]));
  const bytes = await makePackage({ version: versionOf("tokens"), name: "demo", files });
  const done = await home.run(["runtime", "import", await home.write("demo.swrt", bytes), "--name", "demo"]);
  if (done.exitCode !== 0) throw new Error(done.stderr);
  return versionOf("tokens");
}

const dockerLogin = (home: Home, host: string, login: string) =>
  home.write(".docker/config.json", JSON.stringify({ auths: { [host]: { auth: btoa(login) } } }));

testRegistry(
  "a registry with a token service is pushed to, mounted across and pulled from with tokens for just these repositories",
  async () => {
    const may = { "team/demo": ALL, "team/other": ALL };
    await using registry = await startTokenRegistry({ ann: { password: "s3cret", may } });
    await using home = await tempHome();
    const version = await imported(home);
    await dockerLogin(home, registry.host, "ann:s3cret");
    const uri = `oci://${registry.host}/team/demo`;
    const pushed = await home.run(["-v", "runtime", "copy", "demo", uri]);
    expect(pushed).toMatchObject({ exitCode: 0 });
    expect(pushed.stderr + pushed.stdout).not.toContain("s3cret");
    expect(await home.run(["runtime", "copy", uri, `oci://${registry.host}/team/other`])).toMatchObject({
      exitCode: 0,
    });
    const pulled = await home.run(["-o", "json", "runtime", "copy", `oci://${registry.host}/team/other`, "back"]);
    expect(pulled.json).toMatchObject({ version });
    expect(await home.run(["runtime", "info", uri])).toMatchObject({ exitCode: 0 });
    const repositories = registry.asked.flatMap(({ scopes }) => scopes.map((scope) => scope.split(":")[1]));
    expect(new Set(repositories)).toEqual(new Set(["team/demo", "team/other"]));
  },
  LONG,
);

testRegistry(
  "who may only pull does, and is told that a push is not allowed; a stranger and a wrong password are told apart",
  async () => {
    const users = {
      ann: { password: "s3cret", may: { demo: ALL } },
      bob: { password: "bobs", may: { demo: ["pull"] } },
    };
    await using registry = await startTokenRegistry(users);
    await using home = await tempHome({ mode: "in-process" });
    await imported(home);
    const uri = `oci://${registry.host}/demo`;
    const push = () => home.run(["runtime", "copy", "-f", "demo", uri]);
    const stranger = await push();
    expect(stranger.exitCode).toBe(1);
    expect(stranger.stderr).toContain("AUTH_FAILED");
    expect(stranger.stderr).toContain(`docker login ${registry.host}`);
    await dockerLogin(home, registry.host, "ann:wrong");
    expect((await push()).stderr).toContain("refused the login");
    await dockerLogin(home, registry.host, "ann:s3cret");
    expect(await push()).toMatchObject({ exitCode: 0 });
    await dockerLogin(home, registry.host, "bob:bobs");
    expect(await home.run(["runtime", "copy", uri, "back"])).toMatchObject({ exitCode: 0 });
    const other = await home.run(["runtime", "copy", "-f", "demo", `${uri}:next`]);
    expect(other.exitCode).toBe(1);
    expect(other.stderr).toContain("AUTH_FAILED");
  },
  LONG,
);

const helper = (answers: Readonly<Record<string, object>>) =>
  `#!/bin/sh\nread host\ncase $host in\n${Object.entries(answers)
    .map(([host, answer]) => `${host}) echo '${JSON.stringify(answer)}';;`)
    .join("\n")}\n*) echo "credentials not found in native keychain"; exit 1;;\nesac\n`;

testRegistry(
  "identity tokens and credential helpers of docker's config open a registry, and neither is shown",
  async () => {
    const may = { demo: ALL };
    await using registry = await startTokenRegistry({
      ann: { password: "s3cret", identity: "ident-ann", may },
      bob: { password: "helped", identity: "ident-bob", may },
    });
    await using home = await tempHome();
    await imported(home);
    const { host } = registry;
    const bin = `${home.dir}/bin`;
    const env = { PATH: `${bin}:${home.env.PATH}` };
    const said: string[] = [];
    const configs = {
      identity: { auths: { [host]: { auth: "", identitytoken: "ident-ann" } } },
      // The helper of the host goes before the store of all, and both before what the file itself says.
      helper: { credHelpers: { [host]: "named" }, credsStore: "store", auths: { [host]: { auth: btoa("ann:wrong") } } },
      store: { credsStore: "store" },
    };
    await home.write("bin/docker-credential-named", helper({ [host]: { Username: "bob", Secret: "helped" } }), 0o755);
    const identity = { Username: "<token>", Secret: "ident-bob" };
    await home.write("bin/docker-credential-store", helper({ [host]: identity }), 0o755);
    for (const [tag, config] of Object.entries(configs)) {
      await home.write(".docker/config.json", JSON.stringify(config));
      const pushed = await home.run(["-v", "runtime", "copy", "-f", "demo", `oci://${host}/demo:${tag}`], { env });
      expect(pushed).toMatchObject({ exitCode: 0 });
      const asked = registry.asked.splice(0).map(({ user, how }) => `${user} ${how}`);
      expect(new Set(asked)).toEqual(new Set([WHO[tag] ?? ""]));
      said.push(pushed.stdout, pushed.stderr);
    }
    expect(said.join("\n")).not.toMatch(/s3cret|helped|ident-/);
    await home.write("bin/docker-credential-store", "#!/bin/sh\necho 'the keychain is locked' >&2\nexit 1\n", 0o755);
    const locked = await home.run(["runtime", "info", `oci://${host}/demo`], { env });
    expect(locked.exitCode).toBe(1);
    expect(locked.stderr).toContain("docker-credential-store failed: the keychain is locked");
  },
  LONG,
);

const WHO: Readonly<Record<string, string>> = {
  identity: "ann identity",
  helper: "bob password",
  store: "bob identity",
};

testRegistry(
  "tokens that end after two requests are had anew in the middle of a push and of a pull",
  async () => {
    await using registry = await startRegistry();
    await using gate = openGate(registry, { tokenUses: 2, login: "ann:s3cret" });
    await using home = await tempHome();
    const version = await imported(home);
    await dockerLogin(home, gate.host, "ann:s3cret");
    const uri = `oci://${gate.host}/demo`;
    expect(await home.run(["runtime", "copy", "demo", uri])).toMatchObject({ exitCode: 0 });
    expect(gate.seen.filter((line) => line.endsWith("/token")).length).toBeGreaterThan(5);
    await using other = await tempHome();
    await dockerLogin(other, gate.host, "ann:s3cret");
    const pulled = await other.run(["-o", "json", "runtime", "copy", uri, "."]);
    expect(pulled.json).toMatchObject({ version });
  },
  LONG,
);

testRegistry(
  "an administrator sees in the registry's log that swcli asked, for tokens too",
  async () => {
    await using registry = await startRegistry();
    await using gate = openGate(registry, { tokenUses: 2, login: "ann:s3cret" });
    await using home = await tempHome();
    await imported(home);
    await dockerLogin(home, gate.host, "ann:s3cret");
    expect(await home.run(["runtime", "copy", "demo", `oci://${gate.host}/demo`])).toMatchObject({ exitCode: 0 });
    expect(gate.seen).toContain("GET /token");
    expect([...gate.agents]).toEqual([expect.stringMatching(/^swcli\/\d+\.\d+/)]);
  },
  LONG,
);

test("a registry behind TLS that names a token server without it gets no password sent there", async () => {
  await using store = await storeCtx();
  const challenge = { scheme: "bearer" as const, service: "s", scope: "" };
  const ask = (realm: string, scheme: "http" | "https") =>
    new Tokens("registry.example", { ...store.ctx, signal: AbortSignal.abort() }, scheme)
      .refused({ ...challenge, realm }, "repository:demo:pull", undefined)
      .catch((e: Error) => e.message);
  const refusal = "registry.example names no token server that a password may be sent to";
  expect(await ask("http://tokens.example/token", "https")).toBe(refusal);
  expect(await ask("ftp://tokens.example/token", "http")).toBe(refusal);
  for (const [realm, scheme] of [
    ["https://tokens.example/t", "https"],
    ["http://tokens.example/t", "http"],
  ] as const)
    expect(await ask(realm, scheme)).not.toBe(refusal);
});
