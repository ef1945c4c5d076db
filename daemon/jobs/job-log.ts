/**
 * A job's log: one JSON line an event, only ever added to, and capped; it is what `job logs` replays after any death.
 * Tests: test/unit/daemon/jobs/job-log.test.ts
 */
import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { errno } from "#core/errors.ts";
import { redactText } from "#core/platform/redact.ts";
import type { ProgressEvent, Report } from "#core/report.ts";

export type JobEvent =
  | { at: number; type: "progress"; event: ProgressEvent }
  | { at: number; type: "log" | "warn" | "state"; text: string };

// A build says a few hundred lines; a runaway one must not fill the disk.
const CAP = 8 * 1024 * 1024;

export interface JobLog {
  readonly report: Report;
  /** What happens to the job itself. */
  state(text: string): void;
  close(): void;
}

/** Opens (or goes on with) the log of a job; everything reported is also passed on to `next`. */
export function openJobLog(dir: string, next: Report): JobLog {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const fd = openSync(`${dir}/log`, "a", 0o600);
  let room = CAP - fstatSync(fd).size;
  let last = "";
  const write = (event: JobEvent) => {
    if (room <= 0) return;
    const line = `${JSON.stringify(event)}\n`;
    room -= Buffer.byteLength(line);
    writeSync(
      fd,
      room > 0 ? line : `${JSON.stringify({ at: Date.now(), type: "warn", text: "the log is full and ends here" })}\n`,
    );
  };
  const text = (type: "log" | "warn" | "state", words: string) =>
    write({ at: Date.now(), type, text: redactText(words) });
  const report: Report = {
    progress(event) {
      // Counting would fill the log: a step is written when its words change.
      const words = `${event.step}\0${event.text}`;
      if (words !== last)
        write({ at: Date.now(), type: "progress", event: { ...event, text: redactText(event.text) } });
      last = words;
      next.progress(event);
    },
    log(words) {
      text("log", words);
      next.log(words);
    },
    warn(words) {
      text("warn", words);
      next.warn(words);
    },
  };
  return { report, state: (words) => text("state", words), close: () => closeSync(fd) };
}

export interface LogPart {
  events: JobEvent[];
  /** Where to go on reading. */
  next: number;
}

/** Whole lines from `from` on; a line that is still being written comes the next time. */
export async function readJobLog(dir: string, from: number): Promise<LogPart> {
  const bytes = await bytesFrom(`${dir}/log`, from);
  const end = bytes.lastIndexOf(0x0a) + 1;
  const lines = bytes.subarray(0, end).toString().split("\n");
  return { events: lines.flatMap(parseEvent), next: from + end };
}

async function bytesFrom(path: string, from: number): Promise<Buffer> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.max(0, size - from));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return Buffer.alloc(0);
  }
}

/** A line cut off by a death in its middle is left out. */
function parseEvent(line: string): JobEvent[] {
  if (line === "") return [];
  try {
    const event: JobEvent = JSON.parse(line);
    return [event];
  } catch {
    return [];
  }
}

/** The words of an event. */
export const eventText = (event: JobEvent): string => (event.type === "progress" ? event.event.text : event.text);
