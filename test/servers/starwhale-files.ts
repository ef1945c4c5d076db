/** Packages on the test server: one multipart request up, a stream without a length down. */
import type { Exchange } from "./starwhale-answers.ts";
import * as answers from "./starwhale-answers.ts";
import type { Scope } from "./starwhale-routes.ts";
import {
  findRuntime,
  findVersion,
  manifestInTar,
  NAME_PATTERN,
  type StoredProject,
  type StoredRuntime,
} from "./starwhale-state.ts";

/** Any error at all is answered 404, and nothing but the status says anything. */
export function headVersion({ response }: Exchange, scope: Scope): void {
  try {
    scope.version();
    response.statusCode = 200;
  } catch {
    response.statusCode = 404;
  }
  response.end();
}

/** Form fields beside `file` are overruled by the path; only a force of exactly `1` counts. */
export function uploadFile(exchange: Exchange, scope: Scope): void {
  const project = scope.project();
  const [, name = "", version = ""] = scope.words;
  if (!NAME_PATTERN.test(name)) {
    throw answers.controllerError(400, "validationException", "upload.runtimeName: Runtime name is invalid.");
  }
  const { force, file } = parseMultipart(exchange);
  if (file === undefined)
    throw answers.controllerError(500, "internalServerError", "Required part 'file' is not present.");
  const runtime = findRuntime(project, name);
  const known = runtime && findVersion(runtime, version);
  if (known && force !== "1") {
    throw answers.controllerError(
      409,
      "INVALID REQUEST: Starwhale Runtime",
      `Invalid request\nRuntime version duplicate${version}`,
    );
  }
  if (known) known.bytes = file;
  else addVersion(scope, runtimeFor(scope, project, name), { version, file });
  answers.success(exchange, "");
}

function runtimeFor(scope: Scope, project: StoredProject, name: string): StoredRuntime {
  const known = findRuntime(project, name);
  if (known) return known;
  return { id: scope.state.nextId(), name, createdTime: Date.now(), versions: [] };
}

/** The manifest is read now and never again; a bad package leaves no row behind. */
function addVersion(
  scope: Scope,
  runtime: StoredRuntime,
  { version, file }: { version: string; file: Uint8Array },
): void {
  const meta = manifestInTar(file);
  if (meta === undefined) throw answers.controllerError(500, "internalServerError", null);
  const order = Math.max(0, ...runtime.versions.map((one) => one.order)) + 1;
  const createdTime = Date.now();
  runtime.versions.push({
    id: scope.state.nextId(),
    name: version,
    order,
    tags: new Set(),
    meta,
    bytes: file,
    createdTime,
  });
  const project = scope.project();
  if (!project.runtimes.includes(runtime)) project.runtimes.push(runtime);
}

/** Raw bytes, chunked: no length, no type, no digest; Range is not looked at. */
export function downloadFile(exchange: Exchange, scope: Scope): void {
  const { bytes } = scope.version();
  const accept = exchange.request.headers.accept ?? "*/*";
  if (!/\*\/\*|octet-stream/.test(accept))
    throw answers.controllerError(500, "internalServerError", "No acceptable representation");
  const { response } = exchange;
  response.statusCode = 200;
  const CHUNK = 64 * 1024;
  for (let at = 0; at < bytes.length; at += CHUNK) response.write(bytes.subarray(at, at + CHUNK));
  response.end();
}

/** The parts of the form, from the bytes: Bun's own reader would copy a large file several times. */
function parseMultipart({ request, body }: Exchange): { force: string | undefined; file: Uint8Array | undefined } {
  const boundary = /boundary="?([^";]+)"?/.exec(request.headers["content-type"] ?? "")?.[1];
  if (boundary === undefined)
    throw answers.controllerError(500, "internalServerError", "Current request is not a multipart request");
  const parts = new Map<string, Uint8Array>();
  const mark = Buffer.from(`--${boundary}`);
  let at = body.indexOf(mark);
  while (at !== -1) {
    const head = body.indexOf("\r\n\r\n", at);
    const next = head === -1 ? -1 : body.indexOf(Buffer.concat([Buffer.from("\r\n"), mark]), head);
    if (next === -1) break;
    const name = /name="([^"]*)"/.exec(body.subarray(at, head).toString("latin1"))?.[1];
    if (name !== undefined) parts.set(name, body.subarray(head + 4, next));
    at = next + 2;
  }
  if (at === -1 || body.subarray(at + mark.length, at + mark.length + 2).toString() !== "--") {
    throw answers.controllerError(500, "internalServerError", "Stream ended unexpectedly");
  }
  const force = parts.get("force");
  return { force: force && Buffer.from(force).toString(), file: parts.get("file")?.slice() };
}
