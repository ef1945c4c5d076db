/**
 * One HTTP/1.1 request over a connection of its own, without TLS and without a proxy: bodies pass in large pieces that are
 * copied once, where fetch copies them three times over two threads. Knows no redirects, retries or deadlines.
 * Tests: test/unit/core/transfer/plain-exchange.test.ts, test/e2e/copy-failures.test.ts
 */
import { answerReader } from "#core/transfer/http-answer.ts";

export interface PlainRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: AsyncIterable<Uint8Array> | undefined;
  /** Ends the request, and the body of the answer too. */
  readonly signal: AbortSignal;
}

type Socket = Bun.Socket<undefined>;

// What may wait for a slow reader; then the sender has to wait.
const QUEUE_FULL = 1 * 1024 * 1024;

/**
 * The answer, also one that comes before the body was sent whole (which then is not).
 * @throws what the connection or the body's maker throws; an answer that breaks off does so when its body is read
 */
export async function plainExchange(want: PlainRequest): Promise<Response> {
  want.signal.throwIfAborted();
  const incoming = new Incoming(want.method);
  const abort = () => incoming.fail(want.signal.reason);
  want.signal.addEventListener("abort", abort, { once: true });
  incoming.over.then(() => want.signal.removeEventListener("abort", abort));
  connect(want.url, incoming)
    .then((socket) => sendAll(socket, want, incoming))
    .catch((e: unknown) => incoming.fail(e));
  await incoming.answered;
  return responseOf(want.url, incoming);
}

async function connect(url: URL, incoming: Incoming): Promise<Socket> {
  const socket = await Bun.connect({
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || 80),
    socket: {
      data: (_, bytes) => incoming.take(bytes),
      drain: () => incoming.moved(),
      close: (_, e) => incoming.end(e),
      error: (_, e) => incoming.fail(e),
    },
  });
  incoming.from(socket);
  return socket;
}

/** What has come and was not read yet, and how it ended. */
class Incoming {
  readonly #reader;
  readonly #answered = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();
  readonly #pieces: Uint8Array[] = [];
  #waiting = 0;
  #isOver = false;
  #failure: unknown;
  #socket: Socket | undefined;
  #wake: (() => void) | undefined;

  constructor(method: string) {
    this.#reader = answerReader(method);
  }

  /** The head has come. */
  readonly answered = this.#answered.promise;
  /** Nothing more will come. Never fails. */
  readonly over = this.#over.promise;

  from(socket: Socket): void {
    this.#socket = socket;
    if (this.#isOver) socket.terminate();
  }

  head = () => this.#reader.head();

  isAnswered = (): boolean => this.#isOver || this.head() !== undefined;

  take(bytes: Uint8Array): void {
    if (this.#isOver) return;
    try {
      for (const piece of this.#reader.take(bytes)) {
        this.#pieces.push(piece);
        this.#waiting += piece.length;
      }
    } catch (e) {
      this.fail(e);
    }
    if (this.#waiting > QUEUE_FULL) this.#socket?.pause();
    if (this.head()) this.#answered.resolve();
    if (this.#reader.isDone()) this.#finish();
    this.moved();
  }

  /** The connection has ended. */
  end(e?: Error): void {
    if (this.#isOver) return;
    try {
      if (e) throw e;
      this.#reader.end();
      this.#finish();
    } catch (error) {
      this.fail(error);
    }
  }

  fail(e: unknown): void {
    if (this.#isOver) return;
    this.#failure = e ?? new Error("the connection broke");
    this.#answered.reject(this.#failure);
    this.#finish();
  }

  #finish(): void {
    this.#isOver = true;
    this.#over.resolve();
    this.#socket?.terminate();
    this.moved();
  }

  /** Lets `anything` go on. */
  moved(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Until something has come, the connection takes more, or it is over. */
  async anything(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** The next piece of the body; undefined at its end. @throws where it broke off */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#pieces.length === 0 && !this.#isOver) await this.anything();
    const piece = this.#pieces.shift();
    if (piece === undefined && this.#failure !== undefined) throw this.#failure;
    this.#waiting -= piece?.length ?? 0;
    if (!this.#isOver && this.#waiting <= QUEUE_FULL / 2) this.#socket?.resume();
    return piece;
  }
}

async function sendAll(socket: Socket, want: PlainRequest, incoming: Incoming): Promise<void> {
  await sendPiece(socket, Buffer.from(headText(want), "latin1"), incoming);
  const isChunked = want.body !== undefined && want.headers["content-length"] === undefined;
  for await (const piece of want.body ?? []) {
    if (incoming.isAnswered()) return;
    if (isChunked && piece.length === 0) continue;
    if (isChunked) await sendPiece(socket, Buffer.from(`${piece.length.toString(16)}\r\n`), incoming);
    await sendPiece(socket, piece, incoming);
    if (isChunked) await sendPiece(socket, Buffer.from("\r\n"), incoming);
  }
  if (isChunked) await sendPiece(socket, Buffer.from("0\r\n\r\n"), incoming);
}

/** Headers refuses names and values that would end their line. */
function headText({ method, url, headers, body }: PlainRequest): string {
  const all = new Headers({ ...headers, host: url.host, connection: "close" });
  if (body !== undefined && !all.has("content-length")) all.set("transfer-encoding", "chunked");
  const lines = [...all].map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Waits until the connection has taken all of it. */
async function sendPiece(socket: Socket, piece: Uint8Array, incoming: Incoming): Promise<void> {
  for (let at = 0; at < piece.length && !incoming.isAnswered(); ) {
    at += Math.max(socket.write(piece, at, piece.length - at), 0);
    if (at < piece.length && !incoming.isAnswered()) await incoming.anything();
  }
}

function responseOf(url: URL, incoming: Incoming): Response {
  const head = incoming.head();
  if (head === undefined) throw new Error("answered without a head");
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await incoming.next();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
      cancel: () => incoming.fail(new Error("nobody reads on")),
    },
    { highWaterMark: 0 },
  );
  const isGzip = head.headers.get("content-encoding") === "gzip";
  const plain = isGzip ? body.pipeThrough(gunzip()) : body;
  const made = new Response([204, 304].includes(head.status) ? null : plain, head);
  return Object.defineProperty(made, "url", { value: url.href });
}

// Its type asks for bytes that no other thread has; ours have none.
const gunzip = () => new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array>;
