/**
 * Ends this root's daemon, of whatever build: TERM to the process that answered hello (it cancels its work and leaves),
 * KILL when it does not go. Never signals a pid that was read from a file. Tests: test/e2e/daemon.test.ts
 */
import { readFileSync } from "node:fs";
import { retireDaemon, sayHello } from "#cli/client/ensure-daemon.ts";
import type { Target } from "#cli/client/hot-target.ts";
import { errno, SwError } from "#core/errors.ts";
import { tryFileLock } from "#core/platform/file-lock.ts";
import type { RunDir } from "#core/platform/run-dir.ts";

const POLITE_MS = 5000;
const STEP_MS = 10;

/** The pid that was ended; undefined when none ran. */
export async function endDaemon(target: Target, run: RunDir): Promise<number | undefined> {
  const hello = await sayHello(target);
  if (!hello) return undefined;
  signal(hello.pid, "SIGTERM");
  if (await gone(hello.pid, POLITE_MS)) return hello.pid;
  await retireDaemon(target);
  signal(hello.pid, "SIGKILL");
  if ((await gone(hello.pid, POLITE_MS)) && isFree(run)) return hello.pid;
  throw new SwError("FAILED", `the daemon (pid ${hello.pid}) does not end`, {
    hint: `End it by hand: kill -9 ${hello.pid}`,
  });
}

async function gone(pid: number, ms: number): Promise<boolean> {
  for (let waited = 0; waited < ms; waited += STEP_MS) {
    if (!signal(pid, 0) || isZombie(pid)) return true;
    await Bun.sleep(STEP_MS);
  }
  return false;
}

/** It has ended; whoever should collect it (pid 1 of some containers) is slow. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.startsWith(") Z", stat.lastIndexOf(")"));
  } catch {
    // It was collected just now, or there is no /proc.
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch (e) {
    if (errno(e) !== "ESRCH") throw e;
    return false;
  }
}

function isFree(run: RunDir): boolean {
  const lock = tryFileLock(`${run.locks}.daemon.lock`);
  lock?.release();
  return lock !== undefined;
}
