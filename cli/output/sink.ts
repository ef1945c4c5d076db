/**
 * Writes text to a stream in order and whole, also into a slow pipe; a reader that went away is no error.
 * `Bun.write` is used since it says when the disk is full, which console.log hides; each write waits for the one
 * before, since Bun does not order them. Tests: test/unit/cli/output/sink.test.ts
 */
import { errno, SwError } from "#core/errors.ts";

export interface Sink {
  write(text: string): void;
  /** Resolves when all is written. @throws what a write failed with. */
  drain(): Promise<void>;
}

export function stdoutSink(): Sink {
  let tail: Promise<void> | undefined;
  let failure: unknown;
  const send = async (text: string) => {
    if (failure) return;
    await Bun.write(Bun.stdout, text).catch((e) => {
      failure = e;
    });
  };
  return {
    write(text) {
      if (text !== "") tail = tail ? tail.then(() => send(text)) : send(text);
    },
    async drain() {
      await tail;
      if (failure && !GONE.has(errno(failure) ?? "")) throw unwritable(failure);
    },
  };
}

/**
 * Writes to stderr at once (console.error would add a line end, which the progress line must not have).
 * A full non-blocking pipe is waited for a moment; a reader that went away is nobody to tell.
 */
export function writeStderr(text: string): void {
  const { writeSync } = process.getBuiltinModule("node:fs");
  let left: Uint8Array = new TextEncoder().encode(text);
  for (let tries = 0; left.length > 0 && tries < 200; tries++) {
    try {
      left = left.subarray(writeSync(2, left));
    } catch (e) {
      if (errno(e) !== "EAGAIN") return;
      Bun.sleepSync(5);
    }
  }
}

// The reader has seen enough (`| head`), or there never was one (`>&-`).
const GONE = new Set(["EPIPE", "EBADF", "ECONNRESET"]);

function unwritable(cause: unknown): SwError {
  const full = errno(cause) === "ENOSPC" || errno(cause) === "EDQUOT";
  return new SwError(full ? "DISK_FULL" : "FAILED", `can't write the output: ${errno(cause) ?? String(cause)}`, {
    cause,
  });
}
