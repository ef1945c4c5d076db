/**
 * A daemon of this very build for this root: connect, else start one; retire one of another build.
 * One starter at a time (flock); readiness comes over a pipe, so nothing polls and nothing keeps the caller's pipes.
 * Tests: test/e2e/daemon.test.ts
 */
import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import type { Target } from "#cli/client/hot-target.ts";
import { request } from "#cli/client/socket-transport.ts";
import { SwError } from "#core/errors.ts";
import { BUILD_ID } from "#core/platform/build-info.ts";
import { fileLock } from "#core/platform/file-lock.ts";
import { scrubEnv } from "#core/platform/proc.ts";
import { isPrivateDir, openRunDir, type RunDir } from "#core/platform/run-dir.ts";
import { selfCommand } from "#core/platform/self.ts";
import type { Hello } from "#core/protocol/wire.ts";

const START_WAIT_MS = 30_000;

/** @throws DAEMON_START with the log's tail, RUN_DIR_UNSAFE, ROOT_FOREIGN */
export async function ensureDaemon(root: string): Promise<Target> {
  const run = await openRunDir(process.env, root);
  const target: Target = { root, dir: run.dir, socket: run.socket };
  if (await isCurrent(target)) return target;
  const lock = await fileLock(`${run.locks}.start.lock`, AbortSignal.timeout(START_WAIT_MS));
  try {
    const hello = await sayHello(target);
    if (hello?.build === BUILD_ID) return target;
    if (hello) await retireDaemon(target);
    await startDaemon(root, run);
  } finally {
    lock.release();
  }
  return target;
}

const isCurrent = async (target: Target) => (await sayHello(target))?.build === BUILD_ID;

/** What listens there, of whatever build; undefined when nobody does. */
export async function sayHello(target: Target): Promise<Hello | undefined> {
  if (!(await isPrivateDir(target.dir))) return undefined;
  try {
    const response = await request(target, "/v1/hello", { signal: AbortSignal.timeout(10_000) });
    return (await response.json()) as Hello;
  } catch {
    return undefined;
  }
}

/** Asks whoever listens to go; returns when the socket no longer answers. */
export async function retireDaemon(target: Target): Promise<void> {
  await request(target, "/v1/retire", { method: "POST" }).catch(() => undefined);
  for (let tries = 0; tries < 100 && (await sayHello(target)) !== undefined; tries++) await Bun.sleep(10);
}

// Some ten thousand operations.
const LOG_LIMIT = 2 * 1024 * 1024;

async function startDaemon(root: string, run: RunDir): Promise<void> {
  if ((statSync(run.log, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT) renameSync(run.log, `${run.log}.old`);
  const log = openSync(run.log, "a", 0o600);
  try {
    const child = Bun.spawn(selfCommand("__daemon", root), {
      cwd: "/",
      env: daemonEnv(),
      stdio: ["ignore", log, log, "pipe"],
      detached: true,
    });
    child.unref();
    const word = await readReady(child.stdio[3]);
    if (word !== "ready" && word !== "taken") throw startFailed(run);
  } finally {
    closeSync(log);
  }
}

/** The daemon takes each client's environment with each call; its own is only what its process needs. */
function daemonEnv(): Record<string, string> {
  // Bun's fetch obeys the process's own proxy variables, and a call's proxy is its client's.
  const foreign = (key: string) => key.startsWith("LD_") || /_proxy$/i.test(key);
  return Object.fromEntries(Object.entries(scrubEnv(process.env)).filter(([key]) => !foreign(key)));
}

async function readReady(fd: unknown): Promise<string> {
  if (typeof fd !== "number") return "";
  const text = await Bun.file(fd).stream().getReader().read();
  return new TextDecoder().decode(text.value).trim();
}

function startFailed(run: RunDir): SwError {
  const tail = readFileSync(run.log, "utf8").trimEnd().split("\n").slice(-8).join("\n");
  return new SwError("DAEMON_START", `the daemon did not start; the end of its log (${run.log}):\n${tail}`, {
    hint: "Work without it with --no-daemon or SW_NO_DAEMON=1.",
  });
}
