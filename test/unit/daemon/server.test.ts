/** The daemon's HTTP face with clients that send nonsense: an answer to each, and the next call works. */
import { afterAll, expect, spyOn, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SwError } from "#core/errors.ts";
import { BUILD_HEADER, PROTOCOL, ROOT_HEADER } from "#core/protocol/wire.ts";
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

/** As it is, with the headers given. */
async function ask(path: string, headers: Record<string, string> = {}, method = "GET") {
  const answer = await fetch(`http://daemon${path}`, { unix: run.socket, method, headers });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}
const own = { [BUILD_HEADER]: daemon.build };

test("hello is understood by every build: its fields are frozen, and it asks nothing of who asks", async () => {
  for (const headers of [{}, own, { [BUILD_HEADER]: "another" }]) {
    const { status, body } = await ask("/v1/hello", headers);
    expect(status).toBe(200);
    expect(body).toMatchObject({ protocol: PROTOCOL, build: daemon.build, pid: process.pid, root: host.root });
    expect(Object.keys(body)).toEqual(
      expect.arrayContaining(["protocol", "build", "version", "pid", "root", "socket", "uptime_s", "rss_bytes"]),
    );
  }
});

test("another build is not served, whatever it asks, nor one that looks for another store", async () => {
  const headers: Record<string, string>[] = [
    {},
    { [BUILD_HEADER]: "another" },
    { ...own, [ROOT_HEADER]: encodeURIComponent(`${dir}/other`) },
  ];
  for (const each of headers) {
    for (const path of ["/v1/ops", "/v1/call/runtime.list", "/v1/nothing"]) {
      const { status, body } = await ask(path, each);
      expect([status, body.error.code]).toEqual([409, "DAEMON_BUILD_DIFFERS"]);
    }
  }
  expect(await ask("/v1/ops", { ...own, [ROOT_HEADER]: "%zz" })).toMatchObject({ status: 400 });
  expect(await ask("/v1/ops", own)).toEqual({ status: 200, body: [] });
});

test("paths and operations that are not there are said to be so", async () => {
  expect(await ask("/v1/nothing", own)).toMatchObject({ status: 404, body: { error: { code: "USAGE" } } });
  for (const method of ["GET", "DELETE"]) {
    expect(await ask("/v1/ops/0123", own, method)).toMatchObject({
      status: 404,
      body: { error: { code: "JOB_NOT_FOUND" } },
    });
  }
});

test("an operation is listed, followed from its first event, and cancelled by its id", async () => {
  const gate = Promise.withResolvers<unknown>();
  const operation = daemon.operations.start({ method: "m", title: "t", detached: true }, async (report, signal) => {
    signal.addEventListener("abort", () => gate.reject(new SwError("CANCELLED", "given up")));
    report.log("begun");
    return await gate.promise;
  });
  const row = { op: operation.id, method: "m", title: "t", started_at: operation.startedAt, ended_at: null };
  expect(await ask("/v1/ops", own)).toEqual({ status: 200, body: [row] });
  const path = `/v1/ops/${operation.id}`;
  const hold = spyOn(operation.flight, "hold");
  const followed = fetch(`http://daemon${path}`, { unix: run.socket, headers: own }).then((answer) => answer.text());
  expect(await ask(path, own, "DELETE")).toMatchObject({ status: 200, body: { op: operation.id, cancelled: true } });
  const lines = (await followed).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).type)).toEqual(["accepted", "log", "failed"]);
  // Who looks on must not keep it alive.
  expect(hold).not.toHaveBeenCalled();
  expect((await ask("/v1/ops", own)).body[0].ended_at).toBeNumber();
});

test("who gives up an operation that others wait for does not cancel it", async () => {
  const gate = Promise.withResolvers<unknown>();
  const operation = daemon.operations.start({ method: "m", title: "t" }, async () => await gate.promise);
  const releases = [operation.flight.hold(), operation.flight.hold()];
  const giveUp = async () => (await ask(`/v1/ops/${operation.id}?hold=1`, own, "DELETE")).body.cancelled;
  expect(await giveUp()).toBe(false);
  expect(operation.flight.signal.aborted).toBe(false);
  releases[0]?.();
  expect(await giveUp()).toBe(true);
  expect(operation.flight.signal.aborted).toBe(true);
  gate.resolve(1);
});
