/**
 * What a command writes with: results to stdout (the only writer of it), talk to stderr.
 * Owns the promise that stdout with `-o json` is exactly one document. Tests: test/unit/cli/run.test.ts
 */
import type { GlobalOptions } from "#cli/arg-def.ts";
import { errorDocument, errorText } from "#cli/output/error-view.ts";
import { safeJson } from "#cli/output/escape.ts";
import { type Stderr, stderrReport } from "#cli/output/report.ts";
import { type Sink, stdoutSink, writeStderr } from "#cli/output/sink.ts";
import { columns, isTerminal, type Paint, paint, wantsColor } from "#cli/output/terminal.ts";
import { SwError } from "#core/errors.ts";
import type { Report } from "#core/report.ts";

export interface Out {
  readonly json: boolean;
  readonly verbose: number;
  readonly quiet: boolean;
  readonly noDaemon: boolean;
  /** Whether stdout is a terminal. */
  readonly isTty: boolean;
  /** Colours for stdout, or none. */
  readonly paint: Paint;
  /** The result: a JSON document with `-o json`, else the view's text. Once per command. */
  print<T>(value: T, view: (value: T, out: Out) => string): void;
  /** A line of the result as it is; with `-o json`, where it would spoil the document, it is talk. */
  line(text: string): void;
  /** A line to the person, on stderr; not with `-q`. */
  talk(text: string): void;
  warn(text: string): void;
  /** Progress of an operation, on stderr. */
  readonly report: Report;
  /** Takes the progress line away; before another program gets the terminal. */
  finish(): void;
}

/** The part that only run.ts uses. */
export interface OutControl extends Out {
  /** Text on stderr also with `-q`. */
  complain(text: string): void;
  /** Shows an error: with `-o json` as the document, unless a result is out already, else on stderr. */
  fail(error: SwError): void;
  /** Waits for all output. @returns the exit code when it could not be written, which is said then */
  drain(): Promise<number | undefined>;
}

export interface OutOptions {
  readonly stdout?: Sink;
  readonly stderr?: (text: string) => void;
  readonly isTty?: (fd: 1 | 2) => boolean;
}

export function createOut(globals: GlobalOptions, options: OutOptions = {}): OutControl {
  const isTty = memo(options.isTty ?? isTerminal);
  const stdout = options.stdout ?? stdoutSink();
  const state = { printed: false };
  const json = globals.output === "json";
  const stderr = lazy(() => openStderr(globals, options.stderr ?? writeStderr, isTty));
  const out: OutControl = {
    json,
    verbose: globals.verbose,
    quiet: globals.quiet,
    noDaemon: globals.noDaemon,
    get isTty() {
      return isTty(1);
    },
    get paint() {
      return paint(wantsColor(globals.color, isTty(1)));
    },
    get report() {
      return stderr();
    },
    print(value, view) {
      if (json && state.printed) throw new Error("a command printed two JSON documents");
      state.printed = true;
      const text = json ? safeJson(value) : view(value, this);
      stdout.write(text === "" || text.endsWith("\n") ? text : `${text}\n`);
    },
    line: (text) => (json ? stderr().above(text) : stdout.write(`${text}\n`)),
    talk: (text) => globals.quiet || stderr().above(text),
    warn: (text) => stderr().warn(text),
    complain: (text) => stderr().above(text),
    fail(error) {
      const colors = paint(wantsColor(globals.color, isTty(2)));
      if (json && !state.printed) stdout.write(`${safeJson(errorDocument(error))}\n`);
      else stderr().raw(errorText(error, { verbose: globals.verbose, paint: colors }));
    },
    finish: () => stderr.made()?.clear(),
    drain: () => drained(stdout, (error) => out.fail(error)),
  };
  return out;
}

async function drained(stdout: Sink, fail: (error: SwError) => void): Promise<number | undefined> {
  try {
    await stdout.drain();
    return undefined;
  } catch (e) {
    const error = SwError.from(e);
    fail(error);
    return error.exitCode;
  }
}

function openStderr(globals: GlobalOptions, write: (text: string) => void, isTty: (fd: 1 | 2) => boolean): Stderr {
  const { quiet, verbose } = globals;
  const terminal = isTty(2);
  return stderrReport({ write, isTty: terminal, quiet, verbose, columns: () => columns(terminal) });
}

function memo(ask: (fd: 1 | 2) => boolean): (fd: 1 | 2) => boolean {
  const known = new Map<number, boolean>();
  return (fd) => known.get(fd) ?? (known.set(fd, ask(fd)).get(fd) as boolean);
}

function lazy<T>(make: () => T): { (): T; made(): T | undefined } {
  let value: T | undefined;
  return Object.assign(() => (value ??= make()), { made: () => value });
}
