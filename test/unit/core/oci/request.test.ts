import { expect, test } from "bun:test";
import { createServer } from "node:net";
import { noAnswer } from "#core/oci/request.ts";
import { freePort } from "../../../servers/registry.ts";

test("a connection that was cut is told without advice for programmers", async () => {
  const port = freePort();
  const server = createServer((socket) => socket.once("data", () => socket.destroy()));
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  const failure = await fetch(`http://127.0.0.1:${port}/v2/`).catch((e: unknown) => e);
  server.close();
  if (!(failure instanceof Error)) throw new Error("it was answered");
  const { message } = noAnswer({ host: "r.example" }, failure);
  expect(message).toMatch(/^r\.example does not answer: .*closed unexpectedly$/);
});
