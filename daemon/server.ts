/**
 * The daemon's HTTP face on its Unix socket: hello, calls, operations, retire. Turns errors into answers; a handler may
 * fail, the daemon may not. Tests: test/unit/daemon/server.test.ts, test/e2e/daemon.test.ts
 */
import { SwError } from "#core/errors.ts";
import { isMethod, METHODS } from "#core/protocol/methods.ts";
import { BUILD_HEADER, type CallBody, type OpRow, ROOT_HEADER } from "#core/protocol/wire.ts";
import { silentReport } from "#core/report.ts";
import { readCallBody } from "#daemon/call-body.ts";
import { dispatch, requireMethod } from "#daemon/dispatch.ts";
import { isDryRun, jobKind } from "#daemon/jobs/kinds.ts";
import type { Daemon } from "#daemon/life/daemon.ts";
import { log } from "#daemon/life/log.ts";
import { flightKey } from "#daemon/ops/flight-key.ts";
import type { Operation } from "#daemon/ops/operation.ts";
import { streamOperation } from "#daemon/ops/stream.ts";

/** Binds the socket; the caller holds the daemon's lock and has unlinked a stale one. */
export function serve(daemon: Daemon): Bun.Server<undefined> {
  // bun-types refuse idleTimeout together with unix, but without it quiet streams are cut after 10 s.
  const options = {
    unix: daemon.run.socket,
    idleTimeout: 0,
    maxRequestBodySize: 64 * 1024 * 1024,
    fetch: (request: Request) => answer(daemon, request),
    error: (e: Error) => failure(e),
  };
  return Bun.serve(options as unknown as Bun.Serve.Options<undefined>);
}

async function answer(daemon: Daemon, request: Request): Promise<Response> {
  const { pathname: path, searchParams } = new URL(request.url);
  daemon.touch();
  try {
    if (path === "/v1/hello") return Response.json(daemon.hello());
    if (path === "/v1/retire") return retire(daemon);
    const differs = otherPeer(daemon, request);
    if (differs) return failure(differs, 409);
    if (path.startsWith("/v1/call/")) return await call(daemon, path.slice("/v1/call/".length), request);
    if (path.startsWith("/v1/ops")) return operations(daemon, path, { request, hold: searchParams.has("hold") });
    return failure(new SwError("USAGE", `no such path: ${path}`), 404);
  } catch (e) {
    return failure(e);
  }
}

/** Another build must not be served: its methods may mean something else. A root that moved belongs to another daemon. */
function otherPeer(daemon: Daemon, request: Request): SwError | undefined {
  const build = request.headers.get(BUILD_HEADER);
  if (build !== daemon.build) {
    return new SwError("DAEMON_BUILD_DIFFERS", `the daemon is build ${daemon.build}, the client ${build}`);
  }
  const root = request.headers.get(ROOT_HEADER);
  if (root !== null && !daemon.isRoot(decodeURIComponent(root))) {
    return new SwError("DAEMON_BUILD_DIFFERS", `the daemon serves ${daemon.host.root}, the client asks for ${root}`);
  }
  return undefined;
}

async function call(daemon: Daemon, name: string, request: Request): Promise<Response> {
  const method = requireMethod(name);
  const body = await readCallBody(request);
  if (METHODS[method].kind === "operation") return await startOperation(daemon, name, body);
  const result = await dispatch(daemon.host, {
    method,
    params: body.params,
    client: body.client,
    signal: request.signal,
    // Nobody waits for the words of a question.
    report: { ...silentReport, log },
  });
  return Response.json(result);
}

async function startOperation(daemon: Daemon, method: string, body: CallBody): Promise<Response> {
  if (jobKind(method) && daemon.host.jobs && !isDryRun(body.params)) {
    return streamOperation((await daemon.host.jobs.start(method, body, false)).operation, true);
  }
  const key = isMethod(method) ? await flightKey(method, body) : undefined;
  const operation = daemon.operations.start(
    { method, title: method, flightKey: key, detached: body.detach },
    (report, signal) => dispatch(daemon.host, { method, params: body.params, client: body.client, signal, report }),
  );
  return streamOperation(operation, true);
}

/**
 * `GET /v1/ops` lists what runs and what ended lately, `GET /v1/ops/<id>` attaches with replay, `DELETE` cancels; with `hold`
 * only for the one that asks, so not while others wait for it too.
 */
function operations(daemon: Daemon, path: string, { request, hold }: { request: Request; hold: boolean }): Response {
  const id = path.slice("/v1/ops/".length);
  if (id === "") return Response.json(daemon.operations.all.map(rowOf));
  const operation = daemon.operations.get(id);
  if (!operation) return failure(new SwError("JOB_NOT_FOUND", `no operation ${id}`), 404);
  if (request.method !== "DELETE") return streamOperation(operation, false);
  const cancelled = !hold || operation.flight.holders <= 1;
  if (cancelled) operation.flight.cancel();
  return Response.json({ op: id, cancelled });
}

const rowOf = ({ id, method, title, startedAt, endedAt }: Operation): OpRow => ({
  op: id,
  method,
  title,
  started_at: startedAt,
  ended_at: endedAt ?? null,
});

function retire(daemon: Daemon): Response {
  // The answer goes out first: the socket disappears with the retirement.
  setTimeout(() => void daemon.retire("asked to"), 0);
  return Response.json({ retiring: true, pid: process.pid });
}

function failure(e: unknown, status = 400): Response {
  return Response.json({ error: SwError.from(e).toJSON() }, { status });
}
