/**
 * A Starwhale server of the tests' own on a loopback socket, true to what was measured on the real one: all four error
 * shapes, gzipped answers, the token in a header, string ids, null tags, downloads without a length. Faults are ordered
 * up front and happen to the next matching requests.
 *
 *   await using server = await startStarwhale();
 *   server.fault({ method: "GET", path: /\/file$/, cutAfter: 10_000 });
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Exchange, filterError, pageError, Refusal } from "./starwhale-answers.ts";
import { issueToken, login, ROUTES, scopeOf } from "./starwhale-routes.ts";
import { StarwhaleState } from "./starwhale-state.ts";

export interface Fault {
  readonly method?: string;
  readonly path?: RegExp;
  /** How many requests it happens to; 1 unless said. */
  readonly times?: number;
  /** Waits before anything else. */
  readonly delayMs?: number;
  /** Answers so instead. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Lets the answer begin and breaks the connection after so many bytes of its body. */
  readonly cutAfter?: number;
  /** Lets the answer begin and says nothing more after so many bytes of its body. */
  readonly silentAfter?: number;
  /** Breaks the connection after so many bytes of the request's body. */
  readonly hangUpAfter?: number;
  /** Does the work, then breaks the connection instead of answering. */
  readonly loseAnswer?: boolean;
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Bytes of the request's body. */
  bytes: number;
}

export interface StarwhaleServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly state: StarwhaleState;
  readonly seen: Seen[];
  fault(fault: Fault): void;
  /** A token as the login gives it, with the word Bearer. */
  token(): string;
}

export async function startStarwhale(): Promise<StarwhaleServer> {
  const state = new StarwhaleState();
  const faults: { fault: Fault; left: number }[] = [];
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://server");
    const record: Seen = { method: request.method ?? "", path: url.pathname, headers: request.headers, bytes: 0 };
    seen.push(record);
    void serve({ state, request, response, url, record, fault: takeFault(faults, record) });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    state,
    seen,
    fault: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    token: () => issueToken(state, state.users[0]!),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function takeFault(faults: { fault: Fault; left: number }[], { method, path }: Seen): Fault | undefined {
  const found = faults.find(
    ({ fault, left }) =>
      left > 0 && (fault.method === undefined || fault.method === method) && (fault.path?.test(path) ?? true),
  );
  if (found === undefined) return undefined;
  found.left -= 1;
  return found.fault;
}

interface Call {
  readonly state: StarwhaleState;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly record: Seen;
  readonly fault: Fault | undefined;
}

async function serve(call: Call): Promise<void> {
  const { request, response, url, fault, record } = call;
  if (fault?.delayMs) await Bun.sleep(fault.delayMs);
  if (fault?.status !== undefined) return answerAtOnce(call, fault);
  const body = await readBody(request, record, fault?.hangUpAfter);
  if (body === undefined) return;
  if (fault?.cutAfter !== undefined) endAfter(response, fault.cutAfter, () => response.socket?.destroy());
  if (fault?.silentAfter !== undefined) endAfter(response, fault.silentAfter, () => {});
  const exchange: Exchange = { request, response, url, body };
  if (fault?.loseAnswer) response.write = response.end = (() => request.socket.destroy()) as never;
  try {
    answer(exchange, call.state);
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    e.answer(exchange);
  }
}

function answerAtOnce({ request, response }: Call, fault: Fault): void {
  request.resume();
  response.writeHead(fault.status ?? 500, { ...fault.headers });
  response.end(fault.body ?? "");
}

/** undefined when the client went away, or was sent away. */
async function readBody(
  request: IncomingMessage,
  record: Seen,
  limit = Number.POSITIVE_INFINITY,
): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  try {
    for await (const part of request) {
      parts.push(part);
      record.bytes += part.length;
      if (record.bytes > limit) return void request.socket.destroy();
    }
  } catch {
    return undefined;
  }
  return request.complete === false ? undefined : Buffer.concat(parts);
}

/** The first bytes of a body are sent, then `end` happens in place of the others. */
function endAfter(response: ServerResponse, limit: number, end: () => void): void {
  const write = response.write.bind(response);
  let left = limit;
  response.write = ((chunk: Uint8Array) => {
    const part = chunk.subarray(0, left);
    left -= part.length;
    if (part.length > 0) write(part);
    if (left <= 0) setTimeout(end, 20);
    return left > 0;
  }) as typeof response.write;
  const finish = response.end.bind(response);
  response.end = (() => (left > 0 ? finish() : response)) as typeof response.end;
}

function answer(exchange: Exchange, state: StarwhaleState): void {
  const { url } = exchange;
  const path = url.pathname.startsWith("/api/v1/") ? url.pathname.slice("/api/v1".length) : undefined;
  if (path === undefined) throw pageError(404);
  if (path === "/login") login(exchange, state);
  else route(exchange, state, path);
}

function route(exchange: Exchange, state: StarwhaleState, path: string): void {
  const { request } = exchange;
  authorize(exchange, state, path);
  const matches = ROUTES.filter(([, pattern]) => pattern.test(path));
  if (matches.length === 0) throw pageError(404);
  const found = matches.find(([method]) => method === request.method);
  if (found === undefined) {
    throw new Refusal((e) => {
      e.response.statusCode = 500;
      e.response.setHeader("content-type", "application/json");
      e.response.end(
        JSON.stringify({
          code: "internalServerError",
          message: `Request method '${request.method}' not supported`,
          data: null,
        }),
      );
    });
  }
  const [, pattern, handler] = found;
  const words = (pattern.exec(path) ?? []).slice(1).map(decodeURIComponent);
  handler(exchange, scopeOf(state, words));
}

/** A public project may be read by anybody. */
function authorize({ request, url }: Exchange, state: StarwhaleState, path: string): void {
  const token = request.headers.authorization ?? url.searchParams.get("Authorization") ?? "";
  if (state.tokens.has(token)) return;
  const project = state.findProject(decodeURIComponent(/^\/project\/([^/]+)/.exec(path)?.[1] ?? ""));
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (isRead && typeof project === "object" && project.privacy === "PUBLIC") return;
  throw filterError(401, "Unauthorized", token === "" ? "token is missing" : "token is invalid");
}
