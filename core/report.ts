/**
 * How the domain talks about its progress: events, never the terminal.
 * The daemon turns them into NDJSON, the client into lines or a progress bar.
 */
export interface ProgressEvent {
  /** Stable name of the step, e.g. "lock", "install". */
  step: string;
  /** One short line for people. */
  text: string;
  done?: number;
  total?: number;
  /** What `done` and `total` count; steps unless said. */
  unit?: "bytes";
  /** Units a second, lately. */
  rate?: number;
  leftSeconds?: number;
}

export interface Report {
  /** A step began or moved. */
  progress(event: ProgressEvent): void;
  /** A line of an engine's output or a detail (shown with -v, kept in the log). */
  log(text: string): void;
  /** Something the person should know although the work goes on. */
  warn(text: string): void;
}

/** For work that nobody watches. */
export const silentReport: Report = { progress() {}, log() {}, warn() {} };

/** `1 file`, `2 files`. */
export const amount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
