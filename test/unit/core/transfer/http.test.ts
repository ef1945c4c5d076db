/** Bodies whose pieces' memory is used again, to a server that takes its time. */
import { expect, test } from "bun:test";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { LOAN, onLoan, PIECE, rooms } from "#core/platform/piece-loan.ts";
import { request } from "#core/transfer/http.ts";
import { someCtx } from "./context.ts";

/** Stops reading now and then, so that pieces wait at the sender; answers with the digest of what came. */
async function slowServer() {
  const take = async (incoming: IncomingMessage): Promise<string> => {
    const hasher = new Bun.CryptoHasher("sha256");
    let count = 0;
    incoming.on("data", (chunk: Buffer) => {
      hasher.update(chunk);
      if (++count % 30 !== 0) return;
      incoming.pause();
      setTimeout(() => incoming.resume(), 10);
    });
    await new Promise<void>((resolve) => incoming.on("end", resolve));
    return hasher.digest("hex");
  };
  const server = createServer((incoming, response) => void take(incoming).then((text) => response.end(text)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

for (const bulk of [true, false]) {
  const way = bulk ? "over a connection of its own" : "with fetch";
  test(`a slow server gets each piece as it was made, ${way}`, async () => {
    const ctx = someCtx();
    await using server = await slowServer();
    const hasher = new Bun.CryptoHasher("sha256");
    const { room, back } = rooms();
    const taken = new Set<Uint8Array>();
    async function* made(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 40; i++) {
        const piece = room(PIECE);
        taken.add(piece);
        hasher.update(piece.fill(i));
        yield piece;
      }
    }
    const body = { size: 40 * PIECE, open: () => onLoan(made(), back) };
    const response = await request(ctx, { method: "POST", url: server.url, body, bulk });
    expect(await response.text()).toBe(hasher.digest("hex"));
    expect(taken.size).toBeLessThanOrEqual(LOAN + 2);
  });
}
