/**
 * `swcli __daemon`: takes the root's lock, binds the socket, says ready on descriptor 3, serves until it retires.
 * Started by the client only (cli/client/ensure-daemon.ts). Tests: test/e2e/daemon.test.ts
 */
import { closeSync, writeSync } from "node:fs";
import { errno } from "#core/errors.ts";
import { type FileLock, fileLock } from "#core/platform/file-lock.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { setUmask } from "#core/platform/libc.ts";
import { openRunDir, type RunDir } from "#core/platform/run-dir.ts";
import { createHost, type Host } from "#daemon/host.ts";
import { createJobs } from "#daemon/jobs/create-jobs.ts";
import { Daemon } from "#daemon/life/daemon.ts";
import { log } from "#daemon/life/log.ts";
import { sweepFirst, sweepSoon } from "#daemon/life/sweep.ts";
import { startBackground } from "#daemon/ops/background.ts";
import { Operations } from "#daemon/ops/operation.ts";
import { serve } from "#daemon/server.ts";

const READY_FD = 3;
// A retiring daemon gives its lock up within milliseconds; more means that something else holds it.
const LOCK_WAIT_MS = 5000;
const IDLE_MINUTES = 30;

export async function daemonMain(root: string): Promise<void> {
  normalJit();
  const run = await openRunDir(process.env, root);
  const lock = await takeLock(run);
  if (!lock) return sayReady("taken");
  await removeFile(run.socket);
  const daemon = createDaemon(root, run, lock);
  await sweepFirst(daemon.host);
  const mask = setUmask(0o177);
  serve(daemon);
  daemon.listening();
  setUmask(mask);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void daemon.terminate());
  process.on("uncaughtException", (e) => log(`uncaught: ${e.stack ?? e}`));
  process.on("unhandledRejection", (e) => log(`unhandled: ${e instanceof Error ? e.stack : e}`));
  log(`listening on ${run.socket} for ${root}, build ${daemon.build}`);
  sayReady("ready");
  sweepSoon(daemon.host);
  daemon.host.jobs?.recover().catch((e: unknown) => log(`jobs: ${e}`));
}

/** The binary is compiled with the JIT held back, which suits clients (scripts/compile.ts). */
function normalJit(): void {
  const unsafe: { setJITPolicy?: (scale: number) => void } = Bun.unsafe;
  unsafe.setJITPolicy?.(1);
}

function createDaemon(root: string, run: RunDir, lock: FileLock): Daemon {
  const operations = new Operations();
  const bare = createHost({
    root,
    locks: run.locks,
    longLived: true,
    background: (h, caller, task) => startBackground(operations, h, caller, task),
  });
  const host: Host = { ...bare, jobs: createJobs(operations, () => host) };
  return new Daemon(host, run, lock, { operations, idleMs: idleMs() });
}

/** `SW_DAEMON_IDLE_SECONDS` is for tests and for people who want none to linger. */
function idleMs(): number {
  const seconds = Number(process.env.SW_DAEMON_IDLE_SECONDS);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : IDLE_MINUTES * 60_000;
}

async function takeLock(run: RunDir): Promise<FileLock | undefined> {
  try {
    return await fileLock(`${run.locks}.daemon.lock`, AbortSignal.timeout(LOCK_WAIT_MS));
  } catch {
    return undefined;
  }
}

/** The one line on the ready pipe; a daemon started by hand has none. */
function sayReady(word: "ready" | "taken"): void {
  try {
    writeSync(READY_FD, `${word}\n`);
    closeSync(READY_FD);
  } catch (e) {
    if (errno(e) !== "EBADF" && errno(e) !== "EPIPE") throw e;
  }
}
