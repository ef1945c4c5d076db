/**
 * One call over the daemon's socket: JSON for queries, NDJSON for operations. No retries here.
 * A stream that ends without a final event is DAEMON_LOST, never success. Tests: test/e2e/daemon.test.ts
 */

import type { Target } from "#cli/client/hot-target.ts";
import type { Interrupt, InterruptOptions } from "#cli/client/interrupt.ts";
import { type ErrorJson, SwError } from "#core/errors.ts";
import { BUILD_ID } from "#core/platform/build-info.ts";
import { BUILD_HEADER, NDJSON, type OpEvent, ROOT_HEADER } from "#core/protocol/wire.ts";
import type { Report } from "#core/report.ts";

export interface CallOptions extends InterruptOptions {
  detach?: boolean;
}

/** What came back, and from whom. */
export interface Answer {
  readonly response: Response;
  readonly target: Target;
}

/**
 * `fetch` over the socket with our headers; throws what fetch throws when nobody listens. Each request has a connection of
 * its own: a kept one would lead to a daemon that has given up the socket and only ends its work.
 */
export async function request(
  target: Target,
  path: string,
  init: { method?: string; body?: string; signal?: AbortSignal } = {},
) {
  return await fetch(`http://swcli${path}`, {
    unix: target.socket,
    keepalive: false,
    method: init.method ?? "GET",
    body: init.body,
    signal: init.signal,
    headers: { [BUILD_HEADER]: BUILD_ID, [ROOT_HEADER]: encodeURIComponent(target.root) },
  });
}

/** @throws the SwError that the daemon sent; DAEMON_BUILD_DIFFERS on 409 */
export async function readAnswer(answer: Answer, report: Report, interrupt?: Interrupt): Promise<unknown> {
  const { response } = answer;
  if (response.headers.get("content-type")?.startsWith(NDJSON)) return await followOperation(answer, report, interrupt);
  const body: unknown = await response.json();
  if (response.ok) return body;
  throw SwError.fromJSON(errorOf(body));
}

const errorOf = (body: unknown): ErrorJson =>
  typeof body === "object" && body !== null && "error" in body
    ? (body.error as ErrorJson)
    : { code: "FAILED", message: "the daemon answered with something else than JSON" };

async function followOperation({ response, target }: Answer, report: Report, interrupt?: Interrupt): Promise<unknown> {
  let op = "";
  let job: string | undefined;
  try {
    for await (const event of events(response)) {
      if (event.type === "done") return event.result;
      if (event.type === "failed") throw SwError.fromJSON(event.error);
      if (event.type === "accepted") op = event.op;
      if (event.type === "job") {
        job = event.id;
        interrupt?.becomesJob({ id: job, askToEnd: () => askToEnd(target, op) });
      }
      if (!interrupt?.happened) tell(report, event);
    }
  } catch (e) {
    if (e instanceof SwError) throw e;
    if (interrupt?.signal.aborted) throw interrupt.error;
    throw lost(job, e);
  }
  throw lost(job);
}

/** Gives up our interest in it. @returns false when others have one */
async function askToEnd(target: Target, op: string): Promise<boolean> {
  const response = await request(target, `/v1/ops/${op}?hold=1`, { method: "DELETE" });
  const { cancelled } = (await response.json()) as { cancelled?: boolean };
  return cancelled === true;
}

const lost = (job: string | undefined, cause?: unknown) =>
  new SwError("DAEMON_LOST", "the daemon ended before the work was done", {
    hint: "Nothing half-made is ever used; repeat the command. `swcli daemon logs` shows what happened.",
    detail: job ? { job } : undefined,
    cause,
  });

function tell(report: Report, event: OpEvent): void {
  if (event.type === "progress") report.progress(event.event);
  else if (event.type === "log") report.log(event.text);
  else if (event.type === "warn") report.warn(event.text);
}

async function* events(response: Response): AsyncGenerator<OpEvent> {
  if (!response.body) return;
  const decoder = new TextDecoder();
  let open = "";
  for await (const chunk of response.body) {
    const lines = (open + decoder.decode(chunk, { stream: true })).split("\n");
    open = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as OpEvent;
  }
}
