import { expect, test } from "bun:test";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { plainExchange } from "#core/transfer/plain-exchange.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function serving(answer: Answer) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b=c`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const MIB = 1024 * 1024;
const { signal } = new AbortController();

async function* pieces(count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(MIB).fill(i);
}

const digest = (bytes: Uint8Array) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

const FRAMES: Record<string, string>[] = [{ "content-length": String(30 * MIB) }, {}];

for (const headers of FRAMES) {
  const how = "content-length" in headers ? "with its length" : "in chunks";
  test(`a body of 30 MiB goes ${how}, and a large one comes back whole`, async () => {
    await using server = await serving((request, response) => {
      const got: Buffer[] = [];
      request.on("data", (chunk) => got.push(chunk));
      request.on("end", () => {
        response.setHeader("x-said", `${request.method} ${request.url} ${request.headers.x}`);
        response.end(Buffer.concat(got));
      });
    });
    const want = { method: "POST", url: server.url, headers: { ...headers, x: "y" }, signal };
    const response = await plainExchange({ ...want, body: pieces(30) });
    expect(response.status).toBe(200);
    expect(response.url).toBe(server.url.href);
    expect(response.headers.get("x-said")).toBe("POST /a?b=c y");
    const sent = Buffer.concat(await Array.fromAsync(pieces(30)));
    expect(digest(await response.bytes())).toBe(digest(sent));
  });
}

test("a reader that takes its time holds the sender back", async () => {
  let given = 0;
  await using server = await serving(async (_, response) => {
    for (; given < 64 && !response.destroyed; given++) {
      if (!response.write(new Uint8Array(MIB))) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end();
  });
  const response = await plainExchange({ method: "GET", url: server.url, headers: {}, signal });
  const reader = response.body?.getReader();
  await reader?.read();
  for (let same = 0, last = -1; same < 20; same = given === last ? same + 1 : 0, last = given) await Bun.sleep(5);
  expect(given).toBeLessThan(40);
  let size = 0;
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) size += next.value.length;
  expect(size).toBeGreaterThan(60 * MIB);
  expect(given).toBe(64);
});

test("an answer that comes before the end of the body ends the sending", async () => {
  await using server = await serving((_, response) => response.writeHead(413).end("too much"));
  let made = 0;
  let closed = false;
  async function* endless() {
    try {
      for (;;) {
        made += 1;
        yield new Uint8Array(MIB);
      }
    } finally {
      closed = true;
    }
  }
  const headers = { "content-length": "1000000000000" };
  const response = await plainExchange({ method: "POST", url: server.url, headers, body: endless(), signal });
  expect([response.status, await response.text()]).toEqual([413, "too much"]);
  while (!closed) await Bun.sleep(1);
  expect(made).toBeLessThan(1000);
});

test("a connection that breaks, before or within the answer, is an error, and so is what the body's maker throws", async () => {
  await using early = await serving((request) => request.socket.destroy());
  await expect(plainExchange({ method: "GET", url: early.url, headers: {}, signal })).rejects.toThrow();
  await using late = await serving((request, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("some", () => request.socket.destroy());
  });
  const response = await plainExchange({ method: "GET", url: late.url, headers: {}, signal });
  await expect(response.text()).rejects.toThrow();
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(10);
    throw new Error("the disk is gone");
  }
  await using patient = await serving(() => {});
  const want = { method: "POST", url: patient.url, headers: { "content-length": "20" }, body: broken(), signal };
  await expect(plainExchange(want)).rejects.toThrow("the disk is gone");
});

test("a cancelled request ends at once, before the answer and within it", async () => {
  await using silent = await serving(() => {});
  const first = new AbortController();
  const waiting = plainExchange({ method: "GET", url: silent.url, headers: {}, signal: first.signal });
  first.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await using slow = await serving((_, response) => void response.writeHead(200).write("some"));
  const second = new AbortController();
  const response = await plainExchange({ method: "GET", url: slow.url, headers: {}, signal: second.signal });
  const reading = response.text();
  second.abort(new Error("enough"));
  await expect(reading).rejects.toThrow("enough");
});

test("gzip that nobody asked for is undone, and a header can't begin another", async () => {
  await using server = await serving((_, response) => {
    response.setHeader("content-encoding", "gzip");
    response.end(gzipSync("plain words"));
  });
  const want = { method: "GET", url: server.url, signal };
  expect(await (await plainExchange({ ...want, headers: {} })).text()).toBe("plain words");
  await expect(plainExchange({ ...want, headers: { authorization: "a\r\nx: y" } })).rejects.toThrow();
});
