/**
 * The only place that starts child processes: no shell, own process group, drained and capped output,
 * ended politely and then firmly when the operation is cancelled. Tests: test/unit/core/platform/proc.test.ts
 */
import { existsSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import { errno, SwError, throwIfAborted } from "#core/errors.ts";
import { CappedText } from "#core/platform/capped-text.ts";
import type { Env } from "#core/platform/env.ts";
import { canCallSelf, selfCommand } from "#core/platform/self.ts";

export interface RunOptions {
  cwd?: string;
  /** The child's whole environment; default: the client's, scrubbed. */
  env?: Env;
  /** A stream is read as the child takes it; who makes it has to notice its own failure: the child sees an end. */
  stdin?: string | Uint8Array | ReadableStream<Uint8Array>;
  /** Called for each line of stderr (and of stdout when `lines` is "both") as it comes. */
  onLine?: (line: string) => void;
  lines?: "stderr" | "both";
  /** The child ends when this process dies (Linux); costs one start of our own program, so for long work only. */
  dieWithParent?: boolean;
  /** Milliseconds after which the child is ended; default one hour. */
  deadlineMs?: number;
}

export interface RunResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

// Enough for any explanation of a resolver; beyond it the middle of the output is dropped.
const OUTPUT_CAP = 16 * 1024 * 1024;
const KILL_AFTER_MS = 2000;
const DEADLINE_MS = 3_600_000;

/**
 * Runs `argv` to its end and gives what it said; a non-zero exit is a result, not an error.
 * @throws SwError ENGINE_MISSING when the program is not there, CANCELLED when `ctx.signal` fires first.
 */
export async function run(
  ctx: Pick<Ctx, "env" | "cwd" | "signal">,
  argv: string[],
  options: RunOptions = {},
): Promise<RunResult> {
  throwIfAborted(ctx.signal);
  const child = spawn(ctx, argv, options);
  const ended = endOnAbort(ctx.signal, child, options.deadlineMs ?? DEADLINE_MS);
  try {
    const [stdout, stderr, exitCode] = await Promise.all([
      drain(child.stdout, options.lines === "both" ? options.onLine : undefined),
      drain(child.stderr, options.onLine),
      child.exited,
    ]);
    throwIfAborted(ctx.signal);
    return { exitCode, stdout, stderr };
  } finally {
    ended();
  }
}

type Stdin = Uint8Array | ReadableStream<Uint8Array> | "ignore";
type Child = Bun.Subprocess<Stdin, "pipe", "pipe">;

function spawn(ctx: Pick<Ctx, "env" | "cwd">, argv: string[], options: RunOptions): Child {
  try {
    return Bun.spawn(options.dieWithParent && canCallSelf() ? selfCommand("__child", ...argv) : argv, {
      // Where a job was started there may be no folder any more; what it runs needs none.
      cwd: options.cwd ?? (existsSync(ctx.cwd) ? ctx.cwd : "/"),
      env: scrubEnv(options.env ?? ctx.env),
      stdin: stdinOf(options.stdin),
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "EACCES" && errno(e) !== "ENOTDIR") throw e;
    throw new SwError(
      "ENGINE_MISSING",
      `can't start ${argv[0]}: ${errno(e) === "EACCES" ? "not executable" : "not found"}`,
      { cause: e },
    );
  }
}

function stdinOf(stdin: RunOptions["stdin"]): Stdin {
  if (stdin === undefined) return "ignore";
  return stdin instanceof ReadableStream ? stdin : Buffer.from(stdin);
}

/** A child that is talked to line by line; it has to end by itself when its stdin ends. */
export interface Service {
  readonly pid: number;
  send(line: string): void;
  /** Resolves when it has ended. */
  readonly exited: Promise<number>;
  /** The end of what it wrote to stderr. */
  lastWords(): string;
  kill(): void;
  /** Whether it keeps this process alive. */
  hold(on: boolean): void;
}

const LAST_WORDS = 8192;

/** Starts a child that outlives the call; `onLine` gets each line of its stdout. */
export function startService(
  ctx: Pick<Ctx, "cwd">,
  argv: string[],
  { env, onLine }: { env: Env; onLine: (line: string) => void },
): Service {
  const child = Bun.spawn(argv, {
    cwd: ctx.cwd,
    env: scrubEnv(env),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  let words = "";
  void drain(child.stdout, onLine, { keep: false });
  void drain(child.stderr, (line) => (words = `${words}${line}\n`.slice(-LAST_WORDS)), { keep: false });
  return {
    pid: child.pid,
    send: (line) => {
      child.stdin.write(`${line}\n`);
      child.stdin.flush();
    },
    exited: child.exited,
    lastWords: () => words,
    kill: () => signalGroup(child.pid, "SIGKILL"),
    hold: (on) => (on ? child.ref() : child.unref()),
  };
}

/** Variables that would change Bun programs never reach a child; those of the loader don't cross the wire (wire.ts). */
export function scrubEnv(env: Env): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [key, value] of Object.entries(env)) {
    if (value !== undefined && !key.startsWith("BUN_") && key !== "NODE_OPTIONS") out[key] = value;
  }
  return out;
}

/** TERM to the group at once, KILL two seconds later; returns the disarm function. */
function endOnAbort(signal: AbortSignal, child: Child, deadlineMs: number): () => void {
  let killer: ReturnType<typeof setTimeout> | undefined;
  let ending = false;
  const end = () => {
    ending = true;
    signalGroup(child.pid, "SIGTERM");
    killer = setTimeout(() => signalGroup(child.pid, "SIGKILL"), KILL_AFTER_MS);
  };
  const deadline = setTimeout(end, deadlineMs);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  return () => {
    clearTimeout(deadline);
    clearTimeout(killer);
    signal.removeEventListener("abort", end);
    // The leader has gone; what it left behind in its group must not outlive the operation.
    if (ending) signalGroup(child.pid, "SIGKILL");
  };
}

/** Signals a process group that we started; one that has gone is fine. */
export function signalGroup(pgid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pgid, name);
  } catch (e) {
    if (errno(e) !== "ESRCH" && errno(e) !== "EPERM") throw e;
  }
}

async function drain(
  stream: ReadableStream<Uint8Array>,
  onLine?: (line: string) => void,
  { keep }: { keep: boolean } = { keep: true },
): Promise<string> {
  const decoder = new TextDecoder();
  const text = new CappedText(OUTPUT_CAP);
  let open = "";
  for await (const chunk of stream) {
    const piece = decoder.decode(chunk, { stream: true });
    if (keep) text.add(piece);
    if (onLine) open = emitLines(open + piece, onLine);
  }
  if (onLine && open !== "") onLine(open);
  return text.text();
}

function emitLines(text: string, onLine: (line: string) => void): string {
  const lines = text.split(/\r?\n|\r/);
  const open = lines.pop() ?? "";
  for (const line of lines) if (line !== "") onLine(line);
  return open;
}
