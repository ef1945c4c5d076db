import { expect, spyOn, test } from "bun:test";
import { createServer } from "node:net";
import { noAnswer, send } from "#core/oci/request.ts";
import { Tokens } from "#core/oci/tokens.ts";
import { freePort } from "../../../servers/registry.ts";
import { storeHome } from "../store/store-home.ts";

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

test("a registry that takes connections and says nothing is given up after the second try", async () => {
  await using home = await storeHome();
  const host = `127.0.0.1:${freePort()}`;
  let tries = 0;
  const server = createServer(() => void tries++);
  await new Promise<void>((listening) => server.listen(Number(host.split(":")[1]), "127.0.0.1", listening));
  const connection = { ctx: home.ctx, host, base: `http://${host}`, tokens: new Tokens(host, home.ctx, "http") };
  const asked = send({ ...connection, answerMs: 50 }, { method: "GET", path: "/v2/", scope: "" });
  const message = `${host} does not answer: nothing came within 0.05 s`;
  await expect(asked).rejects.toMatchObject({ code: "TRANSFER_FAILED", message });
  server.close();
  expect(tries).toBe(2);
});

test("an upload over a slow line has none of Bun's five minutes", async () => {
  await using home = await storeHome();
  await using server = Bun.serve({ port: 0, fetch: () => new Response(null, { status: 201 }) });
  const host = `127.0.0.1:${server.port}`;
  const asked = spyOn(globalThis, "fetch");
  const connection = { ctx: home.ctx, host, base: `http://${host}`, tokens: new Tokens(host, home.ctx, "http") };
  for (const method of ["PATCH", "PUT", "GET"] as const) await send(connection, { method, path: "/v2/", scope: "" });
  const options = asked.mock.calls.map(([, given]) => given as { timeout?: number });
  asked.mockRestore();
  expect(options.map(({ timeout }) => timeout)).toEqual([0, 0, undefined]);
});
