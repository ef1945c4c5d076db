/**
 * Debian's docker-registry that lets nobody in without a token of its token service, and that service: it signs what the
 * asker may do, and the registry checks signature, audience, time and scope of every request itself.
 */
import { createPrivateKey, sign } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RegistryServer, startRegistry } from "./registry.ts";

export interface TokenRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** The scopes that tokens were asked for, and by whom. */
  readonly asked: { user: string; scopes: string[]; how: "password" | "identity" }[];
  /** Seconds that a token is good for. */
  lifetime: number;
}

export interface TokenUser {
  readonly password: string;
  /** What `docker login` keeps instead of the password where the service gives such. */
  readonly identity?: string;
  /** Repository → actions. */
  readonly may: Readonly<Record<string, readonly string[]>>;
}

const SERVICE = "test-registry";
const ISSUER = "test-tokens";

/** Starts both; needs openssl for the certificate. */
export async function startTokenRegistry(users: Readonly<Record<string, TokenUser>>): Promise<TokenRegistry> {
  const dir = await mkdtemp(join(tmpdir(), "sw-tok-"));
  const signer = await makeSigner(dir);
  const state = { asked: [] as TokenRegistry["asked"], lifetime: 300 };
  const service = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { user, scopes, how, isRefused } = await askerOf(request, users);
      state.asked.push({ user, scopes, how });
      if (isRefused) return new Response("wrong login", { status: 401 });
      const known = users[user];
      const access = scopes.map((scope) => granted(scope, known)).filter((one) => one.actions.length > 0);
      return Response.json({ token: signer(claims(user, state.lifetime, access)), expires_in: state.lifetime });
    },
  });
  const realm = `http://127.0.0.1:${service.port}/token`;
  const token = `realm: "${realm}", service: ${SERVICE}, issuer: ${ISSUER}, rootcertbundle: ${dir}/cert.pem`;
  const registry = await startRegistry({ config: `auth: { token: { ${token} } }` });
  return Object.assign(state, { host: registry.host, [Symbol.asyncDispose]: () => end(registry, service, dir) });
}

/** GET with a password, or OAuth2's POST with an identity token; the scopes of the latter stand in one field. */
async function askerOf(request: Request, users: Readonly<Record<string, TokenUser>>) {
  if (request.method === "POST") {
    const form = new URLSearchParams(await request.text());
    const found = Object.entries(users).find(([, { identity }]) => identity && identity === form.get("refresh_token"));
    const isRefused = !found || form.get("grant_type") !== "refresh_token" || form.get("service") !== SERVICE;
    return {
      user: found?.[0] ?? "",
      scopes: (form.get("scope") ?? "").split(" "),
      how: "identity" as const,
      isRefused,
    };
  }
  const [user = "", password] = atob(request.headers.get("authorization")?.slice(6) ?? "").split(":");
  const isRefused = user !== "" && users[user]?.password !== password;
  return { user, scopes: new URL(request.url).searchParams.getAll("scope"), how: "password" as const, isRefused };
}

async function end(registry: RegistryServer, service: Bun.Server<undefined>, dir: string): Promise<void> {
  await registry[Symbol.asyncDispose]();
  await service.stop(true);
  await rm(dir, { recursive: true, force: true });
}

interface Access {
  type: string;
  name: string;
  actions: string[];
}

/** As token services do: what is not allowed is left out of the token, and the registry says no. */
function granted(scope: string, user: TokenUser | undefined): Access {
  const [type = "", name = "", actions = ""] = scope.split(":");
  return { type, name, actions: actions.split(",").filter((action) => user?.may[name]?.includes(action)) };
}

function claims(user: string, lifetime: number, access: Access[]) {
  const now = Math.floor(Date.now() / 1000);
  const times = { nbf: now - 5, iat: now, exp: now + lifetime };
  return { iss: ISSUER, sub: user, aud: SERVICE, jti: crypto.randomUUID(), ...times, access };
}

async function makeSigner(dir: string): Promise<(claims: object) => string> {
  const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
  const made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const done = Bun.spawnSync([...made, "-days", "2", "-subj", "/CN=tokens", "-keyout", key, "-out", cert]);
  if (done.exitCode !== 0) throw new Error(done.stderr.toString());
  const privateKey = createPrivateKey(await readFile(key, "utf8"));
  const der = (await readFile(cert, "utf8")).replace(/-----[^-]+-----|\s/g, "");
  const head = base64url({ typ: "JWT", alg: "ES256", x5c: [der] });
  return (body) => {
    const text = `${head}.${base64url(body)}`;
    const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  };
}

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
