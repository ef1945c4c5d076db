/** The daemon's HTTP face with clients that send nonsense: an answer to each, and the next call works. */
import { afterAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILD_HEADER } from "#core/protocol/wire.ts";
import { createHost } from "#daemon/host.ts";
import { Daemon } from "#daemon/life/daemon.ts";
import { Operations } from "#daemon/ops/operation.ts";
import { serve } from "#daemon/server.ts";

const dir = await mkdtemp(join(tmpdir(), "sw-server-"));
const run = { dir, id: "id", socket: `${dir}/s`, locks: `${dir}/id`, log: `${dir}/log` };
const host = createHost({ root: `${dir}/root`, locks: run.locks, longLived: true, background() {} });
const daemon = new Daemon(host, run, { release() {} }, { operations: new Operations(), idleMs: 60_000 });
const server = serve(daemon);

afterAll(async () => {
  await server.stop(true);
  await rm(dir, { recursive: true });
});

async function call(method: string, body: string): Promise<unknown> {
  const headers = { [BUILD_HEADER]: daemon.build };
  const answer = await fetch(`http://daemon/v1/call/${method}`, { unix: run.socket, method: "POST", headers, body });
  return await answer.json();
}

const client = { cwd: dir, env: { HOME: dir } };

test.each([
  ["not JSON", "{"],
  ["nothing", "null"],
  ["no client", '{"params":{}}'],
  ["a variable that is no text", JSON.stringify({ params: {}, client: { cwd: dir, env: { HOME: 1 } } })],
])("a call with %s is the client's mistake, not ours", async (_, body) => {
  expect(await call("runtime.list", body)).toMatchObject({ error: { code: "USAGE" } });
  expect(await call("runtime.list", JSON.stringify({ params: {}, client }))).toEqual([]);
});

test("a method of another build is named", async () => {
  const answer = await call("runtime.fly", JSON.stringify({ params: {}, client }));
  expect(answer).toMatchObject({ error: { code: "USAGE", message: "unknown method runtime.fly" } });
});
