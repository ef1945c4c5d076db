/**
 * `instance login` and `logout`: a token from a server into the config file, as the Python client keeps it, and out again.
 * Secrets go from the request to the file and nowhere else. Tests: test/e2e/instance.test.ts
 */
import * as v from "valibot";
import { configTime, readConfig, updateConfig } from "#core/config/config-file.ts";
import { Secret } from "#core/config/secret.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { isLoopback } from "#core/platform/network.ts";
import { type Server, warnIfOpen } from "#core/transfer/server.ts";
import { ask, type Call, call } from "#core/transfer/server-call.ts";
import { serverError } from "#core/transfer/server-error.ts";
import { LOCAL } from "#core/uri/uri.ts";

export interface LoginParams {
  uri: string;
  alias?: string;
  username?: string;
  password?: string;
  token?: string;
  /** Accepts http to another machine without a word. */
  insecure: boolean;
  insecureTls: boolean;
}

export interface LoginResult {
  alias: string;
  uri: string;
  user_name: string;
}

const User = v.looseObject({ name: v.string() });

/** @throws AUTH_FAILED, URI_INVALID, USAGE; the config is as it was then */
export async function login(ctx: Ctx, params: LoginParams): Promise<LoginResult> {
  const base = serverAddress(params.uri);
  const alias = checkAlias(params.alias || new URL(base).hostname.replace(/[^A-Za-z0-9_.-]/g, "-"));
  const server: Server = { base, alias, token: undefined, insecureTls: params.insecureTls };
  if (!params.insecure) warnIfOpen(ctx, server);
  const { token, name } = params.token
    ? await byToken(ctx, server, Secret.of(params.token))
    : await byPassword(ctx, server, params);
  await store(ctx, { alias, base, name, token, insecureTls: params.insecureTls });
  return { alias, uri: base, user_name: name };
}

/** `host[:port]` alone is https, or http on this machine. */
function serverAddress(text: string): string {
  const bare = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : undefined;
  const guess = URL.parse(bare ?? `http://${text}`);
  if (guess === null || !/^https?:$/.test(guess.protocol) || guess.hostname === "") throw badAddress(text);
  if (guess.username || guess.password || guess.search || guess.hash) throw badAddress(text);
  const scheme = bare || isLoopback(guess.hostname) ? guess.protocol : "https:";
  // A copied address of the console or the interface means the server.
  const prefix = guess.pathname.replace(/\/(projects?|api\/v1|login)(\/.*)?$/, "").replace(/\/+$/, "");
  return `${scheme}//${guess.host}${prefix}`;
}

const badAddress = (text: string) =>
  new SwError("URI_INVALID", `${JSON.stringify(text.replace(/\/\/[^/@]*@/, "//***@"))} is no server's address`, {
    hint: "For example: swcli instance login http://127.0.0.1:8082 --alias server",
  });

function checkAlias(alias: string): string {
  if (alias === LOCAL) throw new SwError("USAGE", "`local` is this machine; choose another alias");
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/.test(alias)) return alias;
  throw new SwError("USAGE", `${JSON.stringify(alias)} can't be an alias`, {
    hint: "1 to 80 letters, digits, `_`, `.` or `-`.",
  });
}

/** The token is in a header of the answer; the body has the name only. */
async function byPassword(ctx: Ctx, server: Server, { username, password }: LoginParams) {
  if (!username || password === undefined) throw new SwError("USAGE", "give a user name and a password, or a token");
  const form = { userName: username, userPwd: password };
  const post: Call = { method: "POST", path: "/login", form, what: `can't log in as ${username}` };
  const answer = await ask(ctx, server, post, User);
  if (!answer.ok) {
    if (answer.problem.status !== 401) throw serverError(server, answer.problem, post);
    throw new SwError(
      "AUTH_FAILED",
      `${server.base} refuses ${username}: ${answer.problem.message || "wrong password"}`,
    );
  }
  const token = answer.headers.get("authorization");
  if (token) return { token: Secret.of(token), name: answer.data.name };
  throw new SwError("AUTH_FAILED", `${server.base} gave no token`, { hint: "Is it a Starwhale server?" });
}

/** A token as the console shows it has no `Bearer`; the file holds the whole header. */
async function byToken(ctx: Ctx, server: Server, given: Secret) {
  const text = given.reveal().trim();
  const token = Secret.of(/^bearer /i.test(text) ? text : `Bearer ${text}`);
  const get: Call = { method: "GET", path: "/user/current", what: "can't log in with this token" };
  const user = await call(ctx, { ...server, token }, get, User);
  return { token, name: user.name };
}

async function store(
  ctx: Ctx,
  made: { alias: string; base: string; name: string; token: Secret; insecureTls: boolean },
): Promise<void> {
  const key = (name: string) => ["instances", made.alias, name];
  await updateConfig(ctx, (edit, config) => {
    const known = Object.hasOwn(config.instances, made.alias) ? config.instances[made.alias] : undefined;
    // Its project is an id of the other server.
    if (known && known.uri !== made.base) edit.remove(["instances", made.alias]);
    edit.set(key("sw_token"), made.token);
    edit.set(key("type"), "cloud");
    edit.set(key("updated_at"), configTime(ctx.clock));
    edit.set(key("uri"), made.base);
    edit.set(key("user_name"), made.name);
    edit.set(key("user_role"), known?.userRole ?? "normal");
    if (made.insecureTls) edit.set(key("insecure_tls"), true);
    else edit.remove(key("insecure_tls"));
  });
}

/** @throws INSTANCE_NOT_FOUND */
export async function logout(ctx: Ctx, { alias: text }: { alias: string }): Promise<{ alias: string; uri: string }> {
  const { instances } = await readConfig(ctx);
  const aliases = Object.keys(instances).filter((alias) => alias !== LOCAL);
  const alias = aliases.find((name) => name === text) ?? aliases.find((name) => instances[name]?.uri === text);
  if (alias === undefined) {
    if (text === LOCAL) throw new SwError("USAGE", "`local` is this machine; nobody is logged in to it");
    const known = aliases.length > 0 ? `Logged in: ${aliases.join(", ")}.` : "No server is logged in to.";
    throw new SwError("INSTANCE_NOT_FOUND", `no instance ${JSON.stringify(text.slice(0, 80))}`, { hint: known });
  }
  await updateConfig(ctx, (edit, config) => {
    edit.remove(["instances", alias]);
    if (config.currentInstance === alias) edit.set(["current_instance"], LOCAL);
  });
  return { alias, uri: instances[alias]?.uri ?? "" };
}
