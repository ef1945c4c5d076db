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

/** Writes to stderr at once and whole. Whole lines go through the console: `node:fs` would cost 5 ms of a 5 ms start. */
export function writeStderr(text: string): void {
  if (text.endsWith("\n")) console.error(text.slice(0, -1));
  else writePart(text);
}

/** A part of a line (progress), which only terminals get; a reader that went away is nobody to tell. */
function writePart(text: string): void {
  try {
    process.getBuiltinModule("node:fs").writeSync(2, text);
  } catch (e) {
    if (!LOST.has(errno(e) ?? "")) throw e;
  }
}

// EAGAIN: a terminal that does not keep up; the next step draws the line again.
const LOST = new Set(["EPIPE", "EBADF", "EIO", "EAGAIN"]);

// The reader has seen enough (`| head`), or there never was one (`>&-`).
const GONE = new Set(["EPIPE", "EBADF", "ECONNRESET"]);

function unwritable(cause: unknown): SwError {
  const full = errno(cause) === "ENOSPC" || errno(cause) === "EDQUOT";
  return new SwError(full ? "DISK_FULL" : "FAILED", `can't write the output: ${errno(cause) ?? String(cause)}`, {
    cause,
  });
}
