import { expect, test } from "bun:test";
import { type AnswerReader, answerReader } from "#core/transfer/http-answer.ts";

/** Feeds `text` in pieces of `by` bytes. @returns the body */
function feed(reader: AnswerReader, text: string, by: number): string {
  const bytes = Buffer.from(text, "latin1");
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += by) out.push(...reader.take(bytes.subarray(at, at + by)));
  return Buffer.concat(out).toString("latin1");
}

const CASES = {
  "a length": ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", true],
  "a length of nothing": ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "", true],
  chunks: [
    "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nhel\r\n00002\r\nlo\r\n0\r\nTrailer: x\r\n\r\n",
    "hello",
    true,
  ],
  "the end of the connection": ["HTTP/1.0 200 OK\r\n\r\nhello", "hello", false],
  "an answer before the answer": [
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "ok",
    true,
  ],
} as const;

for (const [what, [text, body, done]] of Object.entries(CASES)) {
  for (const by of [1, 7, 1000]) {
    test(`a body framed by ${what} is read whole, in pieces of ${by}`, () => {
      const reader = answerReader("GET");
      expect(feed(reader, text, by)).toBe(body);
      expect(reader.head()?.status).toBe(200);
      expect(reader.isDone()).toBe(done);
      reader.end();
      expect(reader.isDone()).toBe(true);
    });
  }
}

test("an end before its time is told from an end", () => {
  for (const text of [
    "HTTP/1.1 200 OK\r\nContent-Le",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
  ]) {
    const reader = answerReader("GET");
    feed(reader, text, 9);
    expect(() => reader.end()).toThrow("ended before");
  }
});

test("answers to HEAD and 204 have no body, whatever they say", () => {
  for (const [method, status] of [
    ["HEAD", 200],
    ["PUT", 204],
  ] as const) {
    const reader = answerReader(method);
    expect(feed(reader, `HTTP/1.1 ${status} x\r\nContent-Length: 5\r\n\r\n`, 1000)).toBe("");
    expect(() => reader.end()).not.toThrow();
  }
});

test("what is no HTTP is refused, and nothing endless is held", () => {
  for (const text of [
    "SSH-2.0-x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno name\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    `HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}`,
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${"1".repeat(2000)}`,
  ]) {
    expect(() => feed(answerReader("GET"), text, 4096)).toThrow("the answer");
  }
});
