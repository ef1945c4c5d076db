/**
 * Shows the progress of an operation on stderr: one line that changes on a terminal, a line per step elsewhere.
 * Owns that line: everything else that goes to stderr passes `above`. Tests: test/unit/cli/output/report.test.ts
 */
import { safe, safeLines } from "#cli/output/escape.ts";
import { duration, size } from "#cli/output/views/format.ts";
import type { ProgressEvent, Report } from "#core/report.ts";

export interface StderrOptions {
  readonly write: (text: string) => void;
  readonly isTty: boolean;
  readonly quiet: boolean;
  readonly verbose: number;
  readonly columns: () => number;
}

export interface Stderr extends Report {
  /** Writes whole lines above the progress line. */
  above(text: string): void;
  /** The same for text that is safe already (it may hold colours). */
  raw(text: string): void;
  /** Takes the progress line away. */
  clear(): void;
}

export function stderrReport(options: StderrOptions): Stderr {
  const { write, isTty, quiet, verbose } = options;
  let shown = "";
  const clear = () => {
    if (shown) write("\r\x1b[K");
    shown = "";
  };
  const raw = (text: string) => {
    const line = shown;
    clear();
    write(`${text}\n`);
    if (line) {
      shown = line;
      write(line);
    }
  };
  const above = (text: string) => raw(safeLines(text));
  const onTerminal = (event: ProgressEvent) => {
    clear();
    shown = fit(`${safe(event.text)}${share(event)}`, options.columns());
    write(shown);
  };
  // Counting steps would fill a log: a step's line is written when its words change.
  const onLines = lineWhenNew((text) => write(`${text}\n`));
  return {
    above,
    raw,
    clear,
    progress(event) {
      if (quiet) return;
      if (isTty && verbose === 0) onTerminal(event);
      else onLines(event);
    },
    log: (text) => verbose > 0 && !quiet && above(text),
    warn: (text) => above(`warning: ${text}`),
  };
}

function lineWhenNew(write: (text: string) => void): (event: ProgressEvent) => void {
  const last = new Map<string, string>();
  return ({ step, text }) => {
    if (last.get(step) === text) return;
    last.set(step, text);
    write(safe(text));
  };
}

function share({ done, total, unit, rate, leftSeconds }: ProgressEvent): string {
  if (done === undefined) return "";
  if (unit !== "bytes") return total ? ` ${done}/${total}` : "";
  const speed = rate ? ` ${size(rate)}/s` : "";
  const left = leftSeconds === undefined ? "" : ` ${duration(leftSeconds)} left`;
  return ` ${size(done)}${total ? `/${size(total)}` : ""}${speed}${left}`;
}

const fit = (text: string, columns: number) => (text.length < columns ? text : `${text.slice(0, columns - 2)}…`);
