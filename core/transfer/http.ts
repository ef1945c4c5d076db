/**
 * One HTTP request to a server or registry, without retries: address, headers, trust, proxy, deadline, cancel.
 * An answer is given back whatever its status; a request that gets none throws.
 * Tests: test/e2e/copy-failures.test.ts, test/e2e/instance-tls.test.ts
 */
import { FetchError, ofetch } from "ofetch";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { USER_AGENT } from "#core/platform/build-info.ts";
import { failureText, networkOptions } from "#core/platform/network.ts";
import { onLoan } from "#core/platform/piece-loan.ts";
import { redactUrl } from "#core/platform/redact.ts";
import { plainExchange } from "#core/transfer/plain-exchange.ts";

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | UploadBody;
  readonly insecureTls?: boolean;
  /** Much moves one way. */
  readonly bulk?: boolean;
  /** Until the head of the answer, after the whole body was sent. One minute unless said. */
  readonly answerMs?: number;
}

/** A body that is made while it is sent. */
export interface UploadBody {
  /** Bytes; sent chunked when nobody knows. */
  readonly size?: number;
  /** In pieces on loan. */
  open(): AsyncIterable<Uint8Array>;
}

const SILENCE_MS = 60_000;

/** @throws NoAnswer when the connection failed before the head of an answer; CANCELLED */
export async function request(ctx: Ctx, want: HttpRequest): Promise<Response> {
  const watch = watchdog(ctx.signal);
  const answerMs = want.answerMs ?? SILENCE_MS;
  const outcome: { bodyError?: unknown } = {};
  const upload = typeof want.body === "object" && "open" in want.body ? want.body : undefined;
  const moved = (done: boolean) => watch.expect(done ? answerMs : SILENCE_MS);
  const body = upload && watched(upload.open(), moved, outcome);
  try {
    return await answerTo(ctx, want, { upload, body, signal: watch.signal });
  } catch (e) {
    if (ctx.signal.aborted) throw new SwError("CANCELLED", "cancelled");
    if (outcome.bodyError !== undefined) throw outcome.bodyError;
    if (e instanceof SwError) throw e;
    throw noAnswer(want.url, e, watch.silent());
  } finally {
    watch.stop();
  }
}

interface Sending {
  readonly upload: UploadBody | undefined;
  readonly body: AsyncIterable<Uint8Array> | undefined;
  readonly signal: AbortSignal;
}

async function answerTo(ctx: Ctx, want: HttpRequest, { upload, body, signal }: Sending): Promise<Response> {
  const url = new URL(want.url);
  const { method } = want;
  const headers = headersOf(want, upload);
  const network = await networkOptions(ctx, url, want.insecureTls);
  if (want.bulk && url.protocol === "http:" && network.proxy === undefined) {
    return await plainExchange({ method, url, headers, body, signal });
  }
  const options = {
    ...network,
    method,
    headers,
    body: body ? streamOf(body) : want.body,
    signal,
    // Ours below: Bun's own would end a slow upload after five minutes.
    timeout: 0,
    retry: false as const,
    redirect: "manual" as const,
    responseType: "stream" as const,
    ignoreResponseError: true,
  };
  return await ofetch.raw(want.url, options as Parameters<typeof ofetch.raw>[1]);
}

function headersOf(want: HttpRequest, upload: UploadBody | undefined): Record<string, string> {
  const headers: Record<string, string> = { accept: "*/*", "user-agent": USER_AGENT, ...want.headers };
  // A connection kept from before may be dead, and a body that has been begun can't be sent again.
  if (upload) headers.connection = "close";
  if (upload?.size !== undefined) headers["content-length"] = String(upload.size);
  return headers;
}

/** One piece is read while the one before is sent; an error of the maker is kept for the caller. */
async function* watched(
  body: AsyncIterable<Uint8Array>,
  moved: (done: boolean) => void,
  outcome: { bodyError?: unknown },
): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (let ahead = readAhead(chunks); ; ) {
      const next = await ahead;
      moved(next.done === true);
      if (next.done) return;
      ahead = readAhead(chunks);
      yield next.value;
    }
  } catch (e) {
    outcome.bodyError = e;
    throw e;
  } finally {
    await chunks.return?.();
  }
}

/** Pulled by the socket, so nothing piles up. */
function streamOf(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await pieces.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: async () => void (await pieces.return?.()),
    },
    { highWaterMark: 0 },
  );
}

/** Its failure is thrown where it is awaited; if it never is, the request has ended for another reason. */
function readAhead(chunks: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
  const next = chunks.next();
  next.catch(() => {});
  return next;
}

/** Ends a request in which nothing moves any more. */
function watchdog(outer: AbortSignal) {
  const controller = new AbortController();
  let silent = false;
  const bark = () => {
    silent = true;
    controller.abort();
  };
  let timer = setTimeout(bark, SILENCE_MS);
  return {
    signal: AbortSignal.any([outer, controller.signal]),
    silent: () => silent,
    expect(ms: number) {
      clearTimeout(timer);
      timer = setTimeout(bark, ms);
    },
    stop: () => clearTimeout(timer),
  };
}

/**
 * The body of an answer in pieces on loan, ended when it falls silent. An end before its time is told by the connection:
 * `broken` makes the error of it.
 */
export const bodyChunks = (ctx: Ctx, response: Response, broken: (error: NoAnswer) => Error) =>
  onLoan(received(ctx, response, broken));

async function* received(ctx: Ctx, response: Response, broken: (error: NoAnswer) => Error): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  let silent = false;
  const end = () => void reader.cancel().catch(() => {});
  try {
    for (;;) {
      const timer = setTimeout(() => {
        silent = true;
        end();
      }, SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (silent) throw new Error("silent");
      if (done) return;
      yield value;
    }
  } catch (e) {
    if (ctx.signal.aborted) throw new SwError("CANCELLED", "cancelled");
    if (e instanceof SwError) throw e;
    throw broken(noAnswer(response.url, e, silent));
  } finally {
    end();
  }
}

/** The connection failed: worth another try, unless nobody is there at all. */
export class NoAnswer extends SwError {
  constructor(
    message: string,
    /** Refused, unknown host, bad certificate: waiting seldom helps. */
    readonly hopeless: boolean,
    options: { hint?: string; cause?: unknown; detail?: Record<string, unknown> },
  ) {
    super("TRANSFER_FAILED", message, options);
  }
}

function noAnswer(url: string, e: unknown, silent: boolean): NoAnswer {
  const { host } = new URL(url);
  const cause = e instanceof FetchError ? (e.cause ?? e) : e;
  const code = errno(cause) ?? "";
  const detail = { url: redactUrl(url), reason: code || "no answer" };
  if (silent) return new NoAnswer(`${host} does not answer`, false, { cause, detail });
  if (code === "ConnectionRefused" || code === "ECONNREFUSED" || code === "FailedToOpenSocket") {
    const hint = "Is the address right and the server running? Proxies are taken from HTTP_PROXY and HTTPS_PROXY.";
    return new NoAnswer(`nobody answers at ${host}`, true, { cause, hint, detail });
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO|ISSUER|TLS|SSL/i.test(code)) {
    const hint = "Name the authority's file with SW_CA_BUNDLE, or log in with --insecure-tls to go without the check.";
    return new NoAnswer(`the certificate of ${host} is not trusted (${code})`, true, { cause, hint, detail });
  }
  if (code === "ENOTFOUND") {
    const { hostname } = new URL(url);
    return new NoAnswer(`no host is called ${hostname}`, true, { cause, hint: "Is the address right?", detail });
  }
  const why = cause instanceof Error ? failureText(cause) : String(cause);
  return new NoAnswer(`the connection to ${host} failed: ${redactUrl(why)}`, false, { cause, detail });
}
