/**
 * What is sent as `Authorization`: basic, or a bearer token that the registry's token server gives for a scope.
 * Tokens are kept per scope and had anew when they end or are refused. Tests: test/e2e/copy-oci-tokens.test.ts
 */
import { ofetch } from "ofetch";
import * as v from "valibot";
import { Secret } from "#core/config/secret.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import type { Challenge } from "#core/oci/challenge.ts";
import { type Credentials, credentialsFor } from "#core/oci/credentials.ts";
import { USER_AGENT } from "#core/platform/build-info.ts";
import { isLoopback, networkOptions } from "#core/platform/network.ts";

const TokenSchema = v.looseObject({
  token: v.optional(v.string()),
  access_token: v.optional(v.string()),
  expires_in: v.nullish(v.number()),
});

interface Token {
  readonly header: Secret;
  /** Unix ms. */
  readonly expiresAt: number;
}

// The specification's default, and a margin so that no token ends on its way.
const DEFAULT_SECONDS = 60;
const MARGIN_MS = 10_000;

export class Tokens {
  readonly #tokens = new Map<string, Token>();
  #challenge: Challenge | undefined;
  #credentials: Promise<Credentials | undefined> | undefined;

  constructor(
    readonly host: string,
    readonly ctx: Ctx,
    /** How the registry itself is spoken to. */
    readonly scheme: "http" | "https" = "https",
  ) {}

  /** The header for a scope, if the registry is known to want one. */
  async header(scope: string): Promise<string | undefined> {
    const challenge = this.#challenge;
    if (challenge === undefined) return undefined;
    const known = this.#tokens.get(scope);
    if (known && known.expiresAt - MARGIN_MS > this.ctx.clock.now()) return known.header.reveal();
    const token = await this.#obtain(challenge, scope);
    if (token) this.#tokens.set(scope, token);
    return token?.header.reveal();
  }

  /** A 401 came: what was sent is no good. @returns false when there is nothing else to try */
  async refused(challenge: Challenge, scope: string, sent: string | undefined): Promise<boolean> {
    this.#challenge = challenge;
    this.#tokens.delete(scope);
    const next = await this.header(scope);
    return next !== undefined && (next !== sent || challenge.scheme === "bearer");
  }

  async #obtain(challenge: Challenge, scope: string): Promise<Token | undefined> {
    this.#credentials ??= credentialsFor(this.ctx, this.host);
    const credentials = await this.#credentials;
    if (challenge.scheme === "bearer") return await this.#bearer(challenge, scope, credentials);
    if (credentials?.kind !== "basic") return undefined;
    return { header: basicHeader(credentials), expiresAt: Number.POSITIVE_INFINITY };
  }

  async #bearer(challenge: Challenge, scope: string, credentials: Credentials | undefined): Promise<Token> {
    if (credentials?.kind === "registry") {
      return { header: Secret.of(`Bearer ${credentials.token.reveal()}`), expiresAt: Number.POSITIVE_INFINITY };
    }
    const answer = await this.#ask(challenge, scope || challenge.scope, credentials);
    const value = answer.token ?? answer.access_token;
    if (!value) throw new SwError("AUTH_FAILED", `the token server of ${this.host} gave no token`);
    const seconds = Math.max(answer.expires_in ?? DEFAULT_SECONDS, DEFAULT_SECONDS);
    return { header: Secret.of(`Bearer ${value}`), expiresAt: this.ctx.clock.now() + seconds * 1000 };
  }

  async #ask(challenge: Challenge, scope: string, credentials: Credentials | undefined) {
    const url = realmUrl(this, challenge);
    const identity = credentials?.kind === "identity" ? credentials.token : undefined;
    const fields = { service: challenge.service, scope };
    const request = identity ? refreshRequest(fields, identity) : tokenRequest(fields, credentials);
    const response = await ofetch.raw(url.href, {
      ...(await networkOptions(this.ctx, url)),
      ...request,
      headers: { "user-agent": USER_AGENT, ...request.headers },
      retry: 3,
      retryDelay: 500,
      ignoreResponseError: true,
      responseType: "text",
      signal: this.ctx.signal,
    });
    if (!response.ok) throw refusedLogin(this.host, response.status, credentials !== undefined);
    const parsed = v.safeParse(TokenSchema, safeJson(response._data));
    if (parsed.success) return parsed.output;
    throw new SwError("AUTH_FAILED", `the token server of ${this.host} answered with something else than a token`);
  }
}

/** A registry on https must not send the password to a server without it. */
function realmUrl({ host, scheme }: Tokens, { realm }: Challenge): URL {
  const url = URL.parse(realm);
  const mayBePlain = scheme === "http" || (url !== null && isLoopback(url.hostname));
  if (url && (url.protocol === "https:" || (url.protocol === "http:" && mayBePlain))) return url;
  throw new SwError("AUTH_FAILED", `${host} names no token server that a password may be sent to`);
}

const basicHeader = ({ user, password }: Extract<Credentials, { kind: "basic" }>) =>
  Secret.of(`Basic ${Buffer.from(`${user}:${password.reveal()}`).toString("base64")}`);

interface TokenFields {
  service: string;
  scope: string;
}

interface TokenRequest {
  method: string;
  headers: Record<string, string>;
  query?: Record<string, string | string[]>;
  body?: string;
}

const tokenRequest = ({ service, scope }: TokenFields, credentials: Credentials | undefined): TokenRequest => ({
  method: "GET",
  query: { ...(service && { service }), ...(scope && { scope: scope.split(" ") }) },
  headers: authorizationOf(credentials),
});

const authorizationOf = (credentials: Credentials | undefined): Record<string, string> =>
  credentials?.kind === "basic" ? { authorization: basicHeader(credentials).reveal() } : {};

const refreshRequest = ({ service, scope }: TokenFields, identity: Secret): TokenRequest => ({
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams({
    grant_type: "refresh_token",
    refresh_token: identity.reveal(),
    client_id: "swcli",
    service,
    scope,
  }).toString(),
});

export const refusedLogin = (host: string, status: number, hadLogin: boolean): SwError =>
  new SwError("AUTH_FAILED", `${host} refused ${hadLogin ? "the login" : "the request"} (${status})`, {
    hint: hadLogin ? `Log in again: docker login ${host}` : `Log in first: docker login ${host}`,
  });

function safeJson(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
