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

/** What is said before it is opened is its beginning. */
export class JobLog {
  /** Everything reported is also passed on to `next`. */
  readonly report: Report;
  readonly #early: string[] = [];
  #fd: number | undefined;
  #room = CAP;
  #last = "";

  constructor(next: Report) {
    this.report = {
      progress: (event) => {
        this.#progress(event);
        next.progress(event);
      },
      log: (text) => {
        this.#text("log", text);
        next.log(text);
      },
      warn: (text) => {
        this.#text("warn", text);
        next.warn(text);
      },
    };
  }

  /** Opens, or goes on with, the log in the job's folder; opening twice is fine. */
  open(dir: string): void {
    if (this.#fd !== undefined) return;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#fd = openSync(`${dir}/log`, "a", 0o600);
    this.#room -= fstatSync(this.#fd).size;
    for (const line of this.#early.splice(0)) writeSync(this.#fd, line);
  }

  /** What happens to the job itself; a full log takes these few lines too. */
  state(words: string): void {
    this.#put(lineOf({ at: Date.now(), type: "state", text: redactText(words) }));
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #text(type: "log" | "warn", words: string): void {
    this.#add({ at: Date.now(), type, text: redactText(words) });
  }

  /** Counting would fill the log: a step is written when its words change. */
  #progress(event: ProgressEvent): void {
    const words = `${event.step}\0${event.text}`;
    if (words !== this.#last)
      this.#add({ at: Date.now(), type: "progress", event: { ...event, text: redactText(event.text) } });
    this.#last = words;
  }

  #add(event: JobEvent): void {
    if (this.#room <= 0) return;
    const line = lineOf(event);
    this.#room -= Buffer.byteLength(line);
    const full = {
      at: Date.now(),
      type: "warn" as const,
      text: "the log is full: what is said from here on is left out",
    };
    this.#put(this.#room > 0 ? line : lineOf(full));
  }

  #put(line: string): void {
    if (this.#fd === undefined) this.#early.push(line);
    else writeSync(this.#fd, line);
  }
}

const lineOf = (event: JobEvent) => `${JSON.stringify(event)}\n`;

/** A log that is there from its first line on. */
export function openJobLog(dir: string, next: Report): JobLog {
  const log = new JobLog(next);
  log.open(dir);
  return log;
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
