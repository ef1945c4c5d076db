/**
 * The four shapes of a Starwhale server's errors (controller JSON, filter JSON with arrays, a web page, nothing) as one.
 * The status is the fact; texts only help people. Tests: test/unit/core/transfer/server-error.test.ts
 */
import * as v from "valibot";
import { type ErrorCode, SwError } from "#core/errors.ts";
import { type Server, serverName } from "#core/transfer/server.ts";

export interface ServerProblem {
  readonly status: number;
  /** The server's own code, such as `NOT FOUND: 003`; "" where it has none. */
  readonly code: string;
  /** One line; "" where the server says nothing. */
  readonly message: string;
}

const Text = v.nullish(v.union([v.string(), v.array(v.string())]));
const ErrorBody = v.looseObject({ code: Text, message: Text });

// A page of a console may be megabytes.
const MAX_BODY = 64 * 1024;

/** Reads (and thereby ends) the answer. */
export async function readProblem(response: Response): Promise<ServerProblem> {
  const body = v.safeParse(ErrorBody, parseJson(await readSome(response)));
  if (!body.success) return { status: response.status, code: "", message: "" };
  return { status: response.status, code: oneLine(body.output.code), message: oneLine(body.output.message) };
}

async function readSome(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MAX_BODY) break;
    }
  } catch {
    // The status is known; what was cut off would only have explained it.
  }
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first line of two is generic, the second says what happened. */
function oneLine(text: string | readonly string[] | null | undefined): string {
  const whole = typeof text === "string" ? text : (text ?? []).join("; ");
  const lines = whole.split("\n").map((line) => line.trim());
  return lines.findLast((line) => line !== "")?.slice(0, 500) ?? "";
}

/** What a person gets. @param what such as "can't upload demo" @param notFound the code of a 404 */
export function serverError(
  server: Server,
  problem: ServerProblem,
  { what, notFound }: { what: string; notFound?: ErrorCode },
): SwError {
  const { status } = problem;
  const code = codeFor(status, notFound);
  const said = withoutToken(server, problem.message || problem.code);
  const reason = said === "" ? `status ${status}` : `${said} (status ${status})`;
  return new SwError(code, `${what}: ${serverName(server)} says: ${reason}`, {
    hint: hintFor(server, status),
    detail: { status, ...(problem.code && { server_code: problem.code }), server: server.base },
  });
}

function codeFor(status: number, notFound: ErrorCode | undefined): ErrorCode {
  if (status === 401 || status === 403) return "AUTH_FAILED";
  if (status === 404) return notFound ?? "TRANSFER_FAILED";
  return status === 409 ? "EXISTS" : "TRANSFER_FAILED";
}

function hintFor(server: Server, status: number): string | undefined {
  const alias = server.alias ?? "NAME";
  if (status === 401) return `Log in (again): swcli instance login ${server.base} --alias ${alias}`;
  if (status === 403) return "Ask an owner of the project for a role: reading needs guest, writing maintainer.";
  if (status >= 300 && status < 400) return "The server sends elsewhere; log in with the address that it really has.";
  return undefined;
}

/** A server that repeats what it was sent must not carry our token into a log. */
function withoutToken({ token }: Server, text: string): string {
  const secret = token?.reveal();
  return secret ? text.replaceAll(secret, "***").replaceAll(secret.replace(/^Bearer /, ""), "***") : text;
}
