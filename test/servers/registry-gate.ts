/**
 * A registry that makes trouble: stands before a real one and demands tokens, cuts connections, says 429 and 503, or is
 * slow. What it does is set by the test and counted.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { freePort, type RegistryServer } from "./registry.ts";

interface Cut {
  times: number;
  /** Bytes. */
  after: number;
}

export interface Trouble {
  /** Tokens are demanded; each is good for this many requests. */
  tokenUses?: number;
  /** `user:password` that the token server wants. */
  login?: string;
  /** The identity token of a login, which the token server exchanges; nothing else gets a token then. */
  identity?: string;
  /** Its door has TLS. */
  tls?: { key: string; cert: string };
  /** What it is called: `127.0.0.1` unless given; it listens there. */
  address?: string;
  /** The next uploads larger than this are cut off. */
  cutUploads?: Cut;
  /** The next blob downloads are cut off. */
  cutDownloads?: Cut;
  /** Status → how many of the next requests get it. */
  busy?: Record<number, number>;
  /** The same for bodies of uploads alone. */
  busyUploads?: Record<number, number>;
  /** What a busy answer asks for; "0" unless given. */
  retryAfter?: string;
  /** Each blob download waits this long. */
  downloadDelayMs?: number;
}

export interface Gate extends AsyncDisposable {
  readonly host: string;
  readonly trouble: Trouble;
  /** `METHOD /path` of every request that came. */
  readonly seen: string[];
  /** The `Range` of each request that had one. */
  readonly ranges: string[];
  /** Who says to have sent a request. */
  readonly agents: ReadonlySet<string>;
  /** Bytes of bodies that were sent to it. */
  sent(): number;
}

export function openGate(registry: RegistryServer, trouble: Trouble = {}): Gate {
  const port = freePort();
  const { address = "127.0.0.1", tls } = trouble;
  const host = `${address}:${port}`;
  const url = `${tls ? "https" : "http"}://${host}`;
  const state: GateState = {
    trouble,
    seen: [],
    ranges: [],
    agents: new Set(),
    tokens: new Map(),
    sent: 0,
    url,
    registry,
  };
  const serve = (request: IncomingMessage, response: ServerResponse) =>
    void answer(state, request, response).catch(() => response.destroy());
  const server = tls ? createSecureServer(tls, serve) : createServer(serve);
  server.listen(port, address);
  return {
    host,
    trouble,
    seen: state.seen,
    ranges: state.ranges,
    agents: state.agents,
    sent: () => state.sent,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface GateState {
  readonly trouble: Trouble;
  readonly seen: string[];
  readonly ranges: string[];
  readonly agents: Set<string>;
  /** Token → uses left. */
  readonly tokens: Map<string, number>;
  readonly url: string;
  readonly registry: RegistryServer;
  sent: number;
}

async function answer(state: GateState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "/";
  state.seen.push(`${request.method} ${path.split("?")[0]}`);
  state.agents.add(request.headers["user-agent"] ?? "");
  if (request.headers.range) state.ranges.push(request.headers.range);
  const body = await bodyOf(request);
  if (path.startsWith("/token")) return giveToken(state, { request, response, path, body });
  const refused = refusal(state, request);
  if (refused) return void response.writeHead(refused.status, refused.headers).end("no");
  state.sent += body.length;
  const cut = state.trouble.cutUploads;
  if (cut && cut.times > 0 && body.length > cut.after) {
    cut.times -= 1;
    await forwardPart(state, path, body.subarray(0, cut.after));
    return void request.socket.destroy();
  }
  await forward(state, { request, response, path, body });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

interface Refusal {
  status: number;
  headers: Record<string, string>;
}

function refusal(state: GateState, request: IncomingMessage): Refusal | undefined {
  const { busy, busyUploads, retryAfter = "0" } = state.trouble;
  const isUpload = /^(PATCH|PUT) .*\/blobs\/uploads\//.test(`${request.method} ${request.url}`);
  const status = nextStatus(busy) ?? (isUpload ? nextStatus(busyUploads) : undefined);
  if (status !== undefined) return { status, headers: { "retry-after": retryAfter } };
  if (state.trouble.tokenUses === undefined || spendToken(state, request)) return undefined;
  const challenge = `Bearer realm="${state.url}/token",service="gate",scope="repository:x:pull"`;
  return { status: 401, headers: { "www-authenticate": challenge } };
}

/** Counts it. */
function nextStatus(busy: Record<number, number> = {}): number | undefined {
  const status = Object.keys(busy)
    .map(Number)
    .find((code) => (busy[code] ?? 0) > 0);
  if (status !== undefined) busy[status] = (busy[status] ?? 0) - 1;
  return status;
}

function spendToken(state: GateState, request: IncomingMessage): boolean {
  const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
  const left = state.tokens.get(token) ?? 0;
  state.tokens.set(token, left - 1);
  return left > 0;
}

function giveToken(state: GateState, exchange: Exchange): void {
  const { response } = exchange;
  if (!isKnown(state.trouble, exchange)) return void response.writeHead(401).end("no");
  const token = crypto.randomUUID();
  state.tokens.set(token, state.trouble.tokenUses ?? 0);
  // An exchange is answered in OAuth's words, a plain request in docker's.
  const said = state.trouble.identity === undefined ? { token } : { access_token: token, token_type: "Bearer" };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ ...said, expires_in: 300 }));
}

function isKnown({ login, identity }: Trouble, { request, body }: Exchange): boolean {
  if (identity !== undefined) {
    const form = new URLSearchParams(body.toString());
    return form.get("grant_type") === "refresh_token" && form.get("refresh_token") === identity;
  }
  return login === undefined || request.headers.authorization === `Basic ${btoa(login)}`;
}

/** What a registry keeps of a broken upload: the part that came. */
async function forwardPart({ registry }: GateState, path: string, part: Buffer): Promise<void> {
  const url = new URL(path, `http://${registry.host}`);
  url.searchParams.delete("digest");
  const headers = { "content-type": "application/octet-stream" };
  await fetch(url, { method: "PATCH", body: new Uint8Array(part), headers });
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  body: Buffer;
}

// Each side of the gate has its own connection and frames.
const OWN_HEADERS = new Set([
  "host",
  "authorization",
  "connection",
  "content-length",
  "transfer-encoding",
  "accept-encoding",
]);

async function forward(state: GateState, { request, response, path, body }: Exchange): Promise<void> {
  const method = request.method ?? "GET";
  const isBlob = method === "GET" && /\/blobs\/sha256:/.test(path);
  if (isBlob && state.trouble.downloadDelayMs) await Bun.sleep(state.trouble.downloadDelayMs);
  const headers = Object.entries(request.headers).filter(([name]) => !OWN_HEADERS.has(name));
  const answered = await fetch(`http://${state.registry.host}${path}`, {
    method,
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    body: method === "GET" || method === "HEAD" ? undefined : new Uint8Array(body),
    redirect: "manual",
  });
  const bytes = Buffer.from(await answered.arrayBuffer());
  const out = Object.fromEntries(
    [...answered.headers].filter(([name]) => name !== "connection" && name !== "transfer-encoding"),
  );
  if (out.location) out.location = out.location.replace(`http://${state.registry.host}`, state.url);
  if (method !== "HEAD") out["content-length"] = String(bytes.length);
  response.writeHead(answered.status, out);
  const cut = state.trouble.cutDownloads;
  if (!isBlob || !cut || cut.times <= 0 || bytes.length <= cut.after) return void response.end(bytes);
  cut.times -= 1;
  response.write(bytes.subarray(0, cut.after), () => setTimeout(() => request.socket.destroy(), 20));
}
