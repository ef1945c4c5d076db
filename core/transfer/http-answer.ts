/**
 * HTTP/1.1 answers out of the bytes of a connection: the head, and a body framed by length, in chunks or by the end.
 * Pure; holds what the head needs and no more. Tests: test/unit/core/transfer/http-answer.test.ts
 */

export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
}

export interface AnswerReader {
  /** Undefined until it has come whole. */
  head(): AnswerHead | undefined;
  /** The pieces of the body in what has just come, without a copy. @throws Error for what is no HTTP */
  take(bytes: Uint8Array): Uint8Array[];
  /** The body is complete. */
  isDone(): boolean;
  /** The connection has ended. @throws Error when that was too early */
  end(): void;
}

/** Takes the pieces of a body out of bytes; true when it is complete. */
type Framing = (bytes: Uint8Array, out: Uint8Array[]) => boolean;

const MAX_HEAD = 64 * 1024;
const MAX_CHUNK_LINE = 1024;

export function answerReader(method: string): AnswerReader {
  const takeHead = headTaker();
  let head: AnswerHead | undefined;
  let framing: Framing | undefined;
  let done = false;
  return {
    head: () => head,
    isDone: () => done,
    take(bytes) {
      let body = bytes;
      if (head === undefined) {
        const found = takeHead(bytes);
        if (found === undefined) return [];
        head = found.head;
        framing = framingOf(method, head);
        body = found.rest;
      }
      const out: Uint8Array[] = [];
      if (framing === undefined) out.push(...(body.length > 0 ? [body] : []));
      else if (!done) done = framing(body, out);
      return out;
    },
    end() {
      if (head !== undefined && framing === undefined) done = true;
      if (!done) throw new Error("the connection ended before the answer did");
    },
  };
}

/** Gives the head with what follows it, once it has come whole. */
function headTaker() {
  let early: Uint8Array = new Uint8Array(0);
  return (bytes: Uint8Array): { head: AnswerHead; rest: Uint8Array } | undefined => {
    early = early.length === 0 ? bytes : Buffer.concat([early, bytes]);
    for (;;) {
      const end = Buffer.from(early.buffer, early.byteOffset, early.length).indexOf("\r\n\r\n");
      if (end === -1 && early.length > MAX_HEAD) throw new Error("the answer has no end of its head");
      if (end === -1) return undefined;
      const head = parseHead(early.subarray(0, end));
      early = early.subarray(end + 4);
      // 100 Continue and the like come before the answer.
      if (head.status >= 200) return { head, rest: early };
    }
  };
}

/** Undefined for a body that ends with the connection. */
function framingOf(method: string, { status, headers }: AnswerHead): Framing | undefined {
  const length = headers.get("content-length");
  if (method === "HEAD" || status === 204 || status === 304) return () => true;
  if (/\bchunked\b/i.test(headers.get("transfer-encoding") ?? "")) return chunked();
  return length === null ? undefined : ofLength(lengthOf(length));
}

function parseHead(bytes: Uint8Array): AnswerHead {
  const [first = "", ...lines] = new TextDecoder("latin1").decode(bytes).split("\r\n");
  const [, status, statusText = ""] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(first) ?? [];
  if (status === undefined) throw new Error("the answer is no HTTP");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) throw new Error("the answer has a header without a name");
    headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return { status: Number(status), statusText, headers };
}

function lengthOf(text: string): number {
  const length = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(length)) throw new Error("the answer has a length that is none");
  return length;
}

function ofLength(length: number): Framing {
  let left = length;
  return (bytes, out) => {
    const part = bytes.subarray(0, left);
    if (part.length > 0) out.push(part);
    left -= part.length;
    return left === 0;
  };
}

function chunked(): Framing {
  const takeLine = lineTaker();
  let left = 0;
  let place: "size" | "data" | "after" | "trailer" = "size";

  /** True at the end of all. */
  const endLine = (text: string): boolean => {
    if (place === "trailer") return text === "";
    if (place === "after" && text !== "") throw new Error("the answer has a chunk that is longer than it says");
    if (place === "size") left = chunkSize(text);
    place = place === "after" ? "size" : left === 0 ? "trailer" : "data";
    return false;
  };

  return (bytes, out) => {
    for (let at = 0; at < bytes.length; ) {
      if (place === "data") {
        const part = bytes.subarray(at, at + left);
        out.push(part);
        at += part.length;
        left -= part.length;
        if (left === 0) place = "after";
        continue;
      }
      const { text, to } = takeLine(bytes, at);
      at = to;
      if (text !== undefined && endLine(text)) return true;
    }
    return false;
  };
}

/** Lines out of pieces; no text yet when one goes on in the next piece. */
function lineTaker() {
  let line = "";
  return (bytes: Uint8Array, at: number): { text: string | undefined; to: number } => {
    const end = bytes.indexOf(10, at);
    const to = end === -1 ? bytes.length : end + 1;
    line += new TextDecoder("latin1").decode(bytes.subarray(at, to));
    if (line.length > MAX_CHUNK_LINE) throw new Error("the answer has a chunk without a size");
    if (end === -1) return { text: undefined, to };
    const text = line.trim();
    line = "";
    return { text, to };
  };
}

function chunkSize(text: string): number {
  const size = /^([0-9a-f]{1,12})(?:\s*;.*)?$/i.exec(text)?.[1];
  if (size === undefined) throw new Error("the answer has a chunk without a size");
  return Number.parseInt(size, 16);
}
