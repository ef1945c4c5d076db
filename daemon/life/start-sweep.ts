/** Runs the start's sweep once the daemon serves: it helps nobody who waits for an answer. Tests: test/e2e/start-sweep.test.ts */
import { SwError } from "#core/errors.ts";
import { contextFor, type Host } from "#daemon/host.ts";
import { log } from "#daemon/life/log.ts";

// The call that started the daemon comes first.
const DELAY_MS = 1000;

export function sweepSoon(host: Host): void {
  setTimeout(() => void sweep(host), DELAY_MS).unref();
}

/** A failure is logged: the sweep is tidiness, not safety. */
async function sweep(host: Host): Promise<void> {
  const report = { progress() {}, log, warn: log };
  const ctx = contextFor(host, { cwd: "/", env: {} }, { signal: new AbortController().signal, report });
  try {
    const { sweepStart } = await import("#core/ops/sweep-start.ts");
    await sweepStart(ctx);
  } catch (e) {
    log(`sweep at start: ${SwError.from(e).message}`);
  }
}
