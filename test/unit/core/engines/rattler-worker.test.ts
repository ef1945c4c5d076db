import { expect, test } from "bun:test";
import type { Ctx } from "#core/context.ts";
import { EngineRefusal, RattlerWorker } from "#core/engines/rattler-worker.ts";
import { Flights } from "#core/flight.ts";
import { Memo } from "#core/memo.ts";
import { storePaths } from "#core/platform/paths.ts";
import type { Report } from "#core/report.ts";

/** Speaks the driver's protocol: `solve` answers, `install` never does, `hello` refuses or dies as it is told. */
const ENGINE = `
import json, os, sys, time
for line in sys.stdin:
    r = json.loads(line)
    say = lambda **m: print(json.dumps({"id": r["id"], **m}), flush=True)
    if r["op"] == "solve":
        print("noise of a script", flush=True)
        say(event="log", text="fetching https://me:pw@h/x")
        say(ok=True, pid=os.getpid(), echo=r["text"])
    elif r["op"] == "hello" and r.get("die"):
        sys.stderr.write("out of memory\\n"); sys.stderr.flush(); os._exit(9)
    elif r["op"] == "hello":
        say(ok=False, kind="SolverError", message="no")
`;

function context(signal: AbortSignal, logged: string[] = []): Ctx {
  const report: Report = { progress() {}, log: (text) => logged.push(text), warn() {} };
  return {
    env: {},
    cwd: "/",
    clock: { now: () => Date.now() },
    paths: { ...storePaths("/tmp"), store: "/tmp" },
    signal,
    report,
    memo: new Memo(),
    flights: new Flights(),
    longLived: true,
    background: () => undefined,
    takeTurn: async () => {},
  };
}

const start = (ctx: Ctx, idleMs?: number) =>
  new RattlerWorker(ctx, ["python3", "-u", "-c", ENGINE], { PATH: process.env.PATH }, idleMs);
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
async function gone(pid: number): Promise<boolean> {
  for (let i = 0; i < 100 && isAlive(pid); i++) await Bun.sleep(20);
  return !isAlive(pid);
}

test("one process answers several requests, whatever else is printed, and logs hold no password", async () => {
  const logged: string[] = [];
  const ctx = context(new AbortController().signal, logged);
  const worker = start(ctx);
  const answers = await Promise.all(["a", "b", "c"].map((text) => worker.call(ctx, { op: "solve", text })));
  expect(answers.map(({ echo }) => echo)).toEqual(["a", "b", "c"]);
  expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
  expect(logged[0]).not.toContain("pw");
  expect(worker.call(ctx, { op: "hello" })).rejects.toBeInstanceOf(EngineRefusal);
  worker.end();
  expect(await gone(worker.pid)).toBe(true);
});

test("a cancelled request kills the engine at once", async () => {
  const controller = new AbortController();
  const ctx = context(controller.signal);
  const worker = start(ctx);
  const waiting = worker.call(ctx, { op: "install" });
  setTimeout(() => controller.abort(), 100);
  expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  await waiting.catch(() => undefined);
  expect(await gone(worker.pid)).toBe(true);
  expect(worker.alive).toBe(false);
});

test("an engine that dies fails everything that waits for it, with its last words", async () => {
  const ctx = context(new AbortController().signal);
  const worker = start(ctx);
  const waiting = worker.call(ctx, { op: "install" });
  const dying = worker.call(ctx, { op: "hello", die: true });
  const outcomes = await Promise.allSettled([waiting, dying]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(String((outcomes[0] as PromiseRejectedResult).reason)).toContain("out of memory");
  expect(worker.call(ctx, { op: "solve", text: "" })).rejects.toMatchObject({ code: "ENGINE_FAILED" });
});

test("an engine that nobody asks for ends by itself", async () => {
  const ctx = context(new AbortController().signal);
  const worker = start(ctx, 50);
  await worker.call(ctx, { op: "solve", text: "" });
  expect(await gone(worker.pid)).toBe(true);
});
