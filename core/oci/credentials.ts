/**
 * What docker's own configuration says of a registry: `config.json` of the client, credential helpers and stores.
 * Reads only; knows no requests. Tests: test/unit/core/oci/credentials.test.ts
 */
import * as v from "valibot";
import { Secret } from "#core/config/secret.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { DOCKER_HUB } from "#core/oci/reference.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { homeDir } from "#core/platform/paths.ts";
import { run } from "#core/platform/proc.ts";

export type Credentials =
  | { readonly kind: "basic"; readonly user: string; readonly password: Secret }
  /** An identity token: exchanged for access tokens at the registry's token server. */
  | { readonly kind: "identity"; readonly token: Secret }
  /** A token sent as it is. */
  | { readonly kind: "registry"; readonly token: Secret };

const AuthSchema = v.looseObject({
  auth: v.nullish(v.string()),
  username: v.nullish(v.string()),
  password: v.nullish(v.string()),
  identitytoken: v.nullish(v.string()),
  registrytoken: v.nullish(v.string()),
});

const ConfigSchema = v.looseObject({
  auths: v.nullish(v.record(v.string(), AuthSchema), {}),
  credHelpers: v.nullish(v.record(v.string(), v.string()), {}),
  credsStore: v.nullish(v.string()),
});

const HelperAnswerSchema = v.looseObject({ Username: v.string(), Secret: v.string() });

// The name that docker login writes for Docker Hub.
const HUB_KEY = "https://index.docker.io/v1/";
const HELPER_MS = 60_000;

/** The login for `host`, or undefined where docker has none. @throws SwError AUTH_FAILED when config.json can't be read */
export async function credentialsFor(ctx: Ctx, host: string): Promise<Credentials | undefined> {
  const config = await readDockerConfig(ctx);
  const keys = host === DOCKER_HUB ? [HUB_KEY, "index.docker.io", "registry-1.docker.io", host] : [host];
  const helper = keys.map((key) => config.credHelpers?.[key]).find(Boolean) ?? config.credsStore;
  for (const key of keys) {
    const found = helper ? await askHelper(ctx, helper, key) : undefined;
    if (found) return found;
  }
  const entry = Object.entries(config.auths ?? {}).find(([key]) => keys.some((k) => k === key || bareHost(key) === k));
  return entry && fromAuth(entry[1]);
}

/** Where the docker CLI keeps its configuration, for this client. */
export const dockerConfigDir = (ctx: Pick<Ctx, "env">): string =>
  ctx.env.DOCKER_CONFIG || `${homeDir(ctx.env)}/.docker`;

async function readDockerConfig(ctx: Ctx): Promise<v.InferOutput<typeof ConfigSchema>> {
  const path = `${dockerConfigDir(ctx)}/config.json`;
  const text = await readTextIfAny(path);
  try {
    return v.parse(ConfigSchema, JSON.parse(text ?? "{}"));
  } catch (e) {
    throw new SwError("AUTH_FAILED", `${path} can't be read`, { hint: "Log in again with `docker login`.", cause: e });
  }
}

/** Old entries are written as URLs. */
const bareHost = (key: string) => key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");

function fromAuth(auth: v.InferOutput<typeof AuthSchema>): Credentials | undefined {
  if (auth.identitytoken) return { kind: "identity", token: Secret.of(auth.identitytoken) };
  if (auth.registrytoken) return { kind: "registry", token: Secret.of(auth.registrytoken) };
  const pair = auth.auth
    ? Buffer.from(auth.auth, "base64").toString()
    : `${auth.username ?? ""}:${auth.password ?? ""}`;
  const colon = pair.indexOf(":");
  if (colon <= 0) return undefined;
  return { kind: "basic", user: pair.slice(0, colon), password: Secret.of(pair.slice(colon + 1).replace(/\0+$/, "")) };
}

/** https://github.com/docker/docker-credential-helpers: the server's name on stdin, a JSON answer on stdout. */
async function askHelper(ctx: Ctx, helper: string, server: string): Promise<Credentials | undefined> {
  if (!/^[\w.-]+$/.test(helper)) throw new SwError("AUTH_FAILED", `${helper} is no name of a credential helper`);
  const argv = [`docker-credential-${helper}`, "get"];
  const answer = await run(ctx, argv, { stdin: server, deadlineMs: HELPER_MS });
  if (answer.exitCode !== 0) {
    if (/not found/i.test(answer.stdout + answer.stderr)) return undefined;
    throw new SwError("AUTH_FAILED", `docker-credential-${helper} failed: ${answer.stderr.trim().slice(0, 200)}`, {
      hint: "Log in again with `docker login`.",
    });
  }
  const parsed = v.safeParse(HelperAnswerSchema, safeJson(answer.stdout));
  if (!parsed.success || parsed.output.Secret === "") return undefined;
  const { Username, Secret: secret } = parsed.output;
  if (Username === "<token>") return { kind: "identity", token: Secret.of(secret) };
  return { kind: "basic", user: Username, password: Secret.of(secret) };
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
