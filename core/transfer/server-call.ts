/**
 * A call of a Starwhale server's JSON interface: address, token, retries, envelope, schema.
 * Knows no particular call. Tests: test/e2e/copy.test.ts
 */
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { type ErrorCode, SwError } from "#core/errors.ts";
import { type HttpRequest, NoAnswer, request } from "#core/transfer/http.ts";
import { isTransient, retryAfterMs, TryAgain, withRetries } from "#core/transfer/retry.ts";
import { type Server, serverName } from "#core/transfer/server.ts";
import { readProblem, type ServerProblem, serverError } from "#core/transfer/server-error.ts";

export interface Call {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** Below `/api/v1`; made with `path`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  /** For errors, such as "can't list runtimes". */
  readonly what: string;
  /** The error code of a 404. */
  readonly notFound?: ErrorCode;
}

/** `path\`/project/${name}\``: every word is encoded. */
export const path = (parts: TemplateStringsArray, ...words: readonly string[]): string =>
  parts.reduce((text, part, i) => `${text}${encodeURIComponent(words[i - 1] ?? "")}${part}`);

export type Answer<T> = { ok: true; data: T; headers: Headers } | { ok: false; problem: ServerProblem };

type Schema<T> = v.BaseSchema<unknown, T, v.BaseIssue<unknown>>;

/** The data of a successful call. @throws the server's error in our words */
export async function call<T>(ctx: Ctx, server: Server, what: Call, schema: Schema<T>): Promise<T> {
  const answer = await ask(ctx, server, what, schema);
  if (answer.ok) return answer.data;
  throw serverError(server, answer.problem, what);
}

/** The same for calls in which a refusal is an answer too. */
export async function ask<T>(ctx: Ctx, server: Server, what: Call, schema: Schema<T>): Promise<Answer<T>> {
  const response = await send(ctx, server, what);
  if (!response.ok) return { ok: false, problem: await readProblem(response) };
  const parsed = v.safeParse(v.looseObject({ data: schema }), await readJson(response));
  if (parsed.success) return { ok: true, data: parsed.output.data, headers: response.headers };
  const at = v.getDotPath(parsed.issues[0]) ?? "it";
  throw new SwError("TRANSFER_FAILED", `${what.what}: ${serverName(server)} answers something else (${at})`, {
    hint: "Is it a Starwhale server, and its address complete?",
    detail: { server: server.base, path: what.path },
  });
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

/** The answer of any status, after retries; for calls without JSON too. */
export async function send(ctx: Ctx, server: Server, what: Call): Promise<Response> {
  return await withRetries(ctx, serverName(server), async () => {
    const response = await attempt(ctx, requestOf(server, what));
    if (!isTransient(response.status)) return response;
    throw await laterError(ctx, server, { response, what: what.what });
  });
}

/** A request whose failed connection is worth another try. @throws TryAgain */
export async function attempt(ctx: Ctx, want: HttpRequest): Promise<Response> {
  try {
    return await request(ctx, want);
  } catch (e) {
    throw e instanceof NoAnswer ? new TryAgain(e, { hopeless: e.hopeless }) : e;
  }
}

/** A 503 or the like as something to try again. */
export async function laterError(
  ctx: Ctx,
  server: Server,
  { response, what }: { response: Response; what: string },
): Promise<TryAgain> {
  const afterMs = retryAfterMs(response.headers.get("retry-after"), ctx.clock.now());
  return new TryAgain(serverError(server, await readProblem(response), { what }), { afterMs });
}

export const apiUrl = (server: Server, apiPath: string): string => `${server.base}/api/v1${apiPath}`;

/** The header that says who we are; the token is sent as it was given. */
export const authHeaders = ({ token }: Server): Record<string, string> =>
  token ? { authorization: token.reveal() } : {};

function requestOf(server: Server, what: Call): HttpRequest {
  const query = Object.entries(what.query ?? {}).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(query.map(([key, value]): [string, string] => [key, String(value)])).toString();
  const { body, type } = bodyOf(what);
  return {
    method: what.method,
    url: `${apiUrl(server, what.path)}${search && `?${search}`}`,
    headers: { ...authHeaders(server), ...(type && { "content-type": type }) },
    body,
    insecureTls: server.insecureTls,
  };
}

function bodyOf({ json, form }: Call): { body?: string; type?: string } {
  if (json !== undefined) return { body: JSON.stringify(json), type: "application/json" };
  if (form === undefined) return {};
  return { body: new URLSearchParams(form).toString(), type: "application/x-www-form-urlencoded" };
}
