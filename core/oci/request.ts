/**
 * One request to a registry: authorization per request, patience with 429 and 5xx where repeating is harmless,
 * redirects without our secrets. Knows no blobs or manifests. Tests: test/e2e/dockerize-hostile.test.ts
 */
import { ofetch } from "ofetch";
import type { Ctx } from "#core/context.ts";
import { errno, SwError, throwIfAborted } from "#core/errors.ts";
import { parseChallenge } from "#core/oci/challenge.ts";
import { Patience } from "#core/oci/patience.ts";
import { refusedLogin, type Tokens } from "#core/oci/tokens.ts";
import { USER_AGENT } from "#core/platform/build-info.ts";
import { failureText, networkOptions } from "#core/platform/network.ts";

export interface Connection {
  readonly ctx: Ctx;
  /** For messages and credentials. */
  readonly host: string;
  /** `https://host`, without a slash at its end. */
  readonly base: string;
  readonly tokens: Tokens;
  /** How long the head of an answer is waited for where nothing is uploaded; one minute unless said. */
  readonly answerMs?: number;
}

export interface RegistryRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `/v2/…`, or the absolute URL that the registry gave as a place to upload to. */
  readonly path: string;
  /** `repository:NAME:pull,push`; several are separated by blanks. */
  readonly scope: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | Blob;
  /** Repeating it does no harm. Default: GET and HEAD. */
  readonly repeatable?: boolean;
  /** The registry may have to get it from elsewhere before it answers. */
  readonly slow?: boolean;
}

// A name that is not known, a closed port, a server without TLS and one that is silent don't get better by waiting.
const TRIES_OF_NOBODY = 2;
const MAX_REDIRECTS = 5;
const ANSWER_MS = 60_000;
// One piece over a slow line, and what the registry does with it before it answers.
const UPLOAD_MS = 30 * 60_000;

/**
 * The registry's answer, whatever its status (401 and what is worth a repetition apart); the body is not read yet.
 * @throws SwError AUTH_FAILED, TRANSFER_FAILED (no answer), CANCELLED
 */
export async function send(connection: Connection, request: RegistryRequest): Promise<Response> {
  const patience = new Patience(connection);
  for (;;) {
    throwIfAborted(connection.ctx.signal);
    const outcome = await tryOnce(connection, request);
    if (outcome instanceof Response && !isBusy(request, outcome.status)) return outcome;
    if (outcome instanceof Error && !isRepeatable(request)) throw noAnswer(connection, outcome);
    if (await patience.again(outcome, isHopeless(outcome) ? TRIES_OF_NOBODY : undefined)) continue;
    if (outcome instanceof Response) return outcome;
    throw noAnswer(connection, outcome);
  }
}

const isHopeless = (outcome: Response | Error) =>
  outcome instanceof Error &&
  (isUntrusted(outcome) ||
    /nothing came within|ConnectionRefused|Unable to connect|ENOTFOUND|ECONNREFUSED|EPROTO/i.test(fullText(outcome)));

/** The server has a certificate that this client does not trust. */
export const isUntrusted = (e: Error): boolean =>
  /\b\w*(CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY))\w*\b/.test(fullText(e));

const fullText = (e: Error): string =>
  `${errno(e) ?? ""} ${e.message} ${e.cause instanceof Error ? fullText(e.cause) : ""}`;

const isRepeatable = ({ method, repeatable }: RegistryRequest) => repeatable ?? (method === "GET" || method === "HEAD");

/** 429 was not looked at, so it may always be sent again. */
const isBusy = (request: RegistryRequest, status: number) =>
  status === 429 || (isRepeatable(request) && (status === 408 || status >= 500));

async function tryOnce(connection: Connection, request: RegistryRequest): Promise<Response | Error> {
  try {
    return await authorized(connection, request);
  } catch (e) {
    throwIfAborted(connection.ctx.signal);
    if (e instanceof SwError || !(e instanceof Error)) throw e;
    return e;
  }
}

async function authorized(connection: Connection, request: RegistryRequest): Promise<Response> {
  const sent = await connection.tokens.header(request.scope);
  const response = await follow(connection, request, sent);
  if (response.status !== 401) return response;
  const challenge = parseChallenge(response.headers.get("www-authenticate"));
  await response.body?.cancel();
  if (!challenge || !(await connection.tokens.refused(challenge, request.scope, sent))) {
    throw refusedLogin(connection.host, 401, sent !== undefined);
  }
  return await follow(connection, request, await connection.tokens.header(request.scope));
}

/** Redirects by hand: a token for the registry is nobody else's business. */
async function follow(connection: Connection, request: RegistryRequest, header: string | undefined): Promise<Response> {
  let url = new URL(request.path, connection.base);
  for (let redirects = 0; ; redirects++) {
    const own = url.host === new URL(connection.base).host;
    const response = await fetchOnce(connection, request, { url, header: own ? header : undefined });
    const location = response.headers.get("location");
    const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && location !== null;
    if (!isRedirect || redirects >= MAX_REDIRECTS || (request.method !== "GET" && request.method !== "HEAD"))
      return response;
    await response.body?.cancel();
    url = new URL(location, url);
  }
}

async function fetchOnce(
  connection: Connection,
  request: RegistryRequest,
  { url, header }: { url: URL; header: string | undefined },
): Promise<Response> {
  const { ctx } = connection;
  const silence = endOfSilence(connection, request);
  const options = {
    ...(await networkOptions(ctx, url)),
    method: request.method,
    headers: { "user-agent": USER_AGENT, ...request.headers, ...(header !== undefined && { authorization: header }) },
    body: request.body,
    redirect: "manual" as const,
    // ofetch's own repetition knows neither tokens nor Retry-After.
    retry: false as const,
    responseType: "stream" as const,
    ignoreResponseError: true,
    // Bun ends an upload after five minutes, however well it goes on.
    ...(isUpload(request) && { timeout: 0 }),
    signal: AbortSignal.any([ctx.signal, silence.signal]),
  };
  return await ofetch.raw(url.href, options).finally(silence.stop);
}

/** A server that takes a connection and says nothing would be waited for as long as Bun does: five minutes a try. */
function endOfSilence({ answerMs = ANSWER_MS }: Connection, request: RegistryRequest) {
  const controller = new AbortController();
  if (request.slow) return { signal: controller.signal, stop: () => {} };
  const ms = isUpload(request) ? UPLOAD_MS : answerMs;
  const timer = setTimeout(() => controller.abort(new Error(`nothing came within ${ms / 1000} s`)), ms);
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}

const isUpload = ({ method, repeatable }: RegistryRequest) => !repeatable && (method === "PUT" || method === "PATCH");

export function noAnswer({ host }: Pick<Connection, "host">, cause: Error): SwError {
  const detail = { host, unreachable: true };
  if (isUntrusted(cause)) {
    const hint = "Name the authority's file with SW_CA_BUNDLE or SSL_CERT_FILE.";
    return new SwError("TRANSFER_FAILED", `the certificate of ${host} is not trusted: ${causeText(cause)}`, {
      ...{ hint, detail, cause },
    });
  }
  const hint = "Is the registry running and reachable? For plain http outside loopback give --insecure-registry HOST.";
  return new SwError("TRANSFER_FAILED", `${host} does not answer: ${causeText(cause)}`, { hint, detail, cause });
}

function causeText(e: Error): string {
  if (/ConnectionRefused|ECONNREFUSED/.test(fullText(e))) return "the connection was refused";
  return failureText(e.cause instanceof Error ? e.cause : e);
}

/** An answer that says no, as an error; reads what the registry says about it. */
export async function refusal(connection: Connection, response: Response, what: string): Promise<SwError> {
  const said = (await response.text().catch(() => "")).slice(0, 500);
  const why = /"message"\s*:\s*"([^"]+)"/.exec(said)?.[1] ?? response.statusText;
  const denied = response.status === 401 || response.status === 403 || /"DENIED"|"UNAUTHORIZED"/.test(said);
  return new SwError(
    denied ? "AUTH_FAILED" : "TRANSFER_FAILED",
    `${connection.host}: ${what}: ${response.status} ${why}`.trim(),
    {
      hint: denied ? `Does your login allow this? docker login ${connection.host}` : undefined,
      detail: { host: connection.host, status: response.status },
    },
  );
}
