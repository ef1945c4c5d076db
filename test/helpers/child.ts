/**
 * One program under test: started in its own process group, its output collected, its end awaited with a limit.
 * Knows nothing of swcli.
 */

export interface RunResult {
  /** 128 + the signal's number when a signal ended it, as a shell says. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON; throws with the whole output when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents of every shape
  readonly json: any;
}

export interface Child {
  readonly pid: number;
  /** What was said so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** The exit code, when it has ended. */
  readonly exited: Promise<number>;
  /** Resolves when stdout or stderr contains it; fails when the program ends or 30 seconds pass before. */
  said(text: string | RegExp, timeoutMs?: number): Promise<void>;
  /** Everything, at its end; kills it and throws when it takes longer. */
  result(timeoutMs?: number): Promise<RunResult>;
  /** To the program alone. */
  kill(signal?: NodeJS.Signals): void;
  /** To the program's process group, as a terminal does. */
  killGroup(signal?: NodeJS.Signals): void;
}

export interface ChildOptions {
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly stdin?: string;
}

/** Starts a program. Its pipes count: a descendant that keeps them open keeps `result` waiting. */
export function startChild(argv: readonly string[], options: ChildOptions): Child {
  const stdin = options.stdin === undefined ? "ignore" : new Blob([options.stdin]);
  const spawnOptions = { cwd: options.cwd, env: options.env, stdin, stdout: "pipe", stderr: "pipe", detached: true };
  const child = Bun.spawn([...argv], spawnOptions as { stdout: "pipe"; stderr: "pipe" });
  const output = { stdout: "", stderr: "" };
  const pipes = Promise.all([
    collect(child.stdout, (text) => (output.stdout += text)),
    collect(child.stderr, (text) => (output.stderr += text)),
  ]);
  const exited = child.exited.then(() => child.exitCode ?? 128 + signalNumber(String(child.signalCode)));
  const killGroup = (signal: NodeJS.Signals = "SIGTERM"): void => sendTo(-child.pid, signal);
  return {
    pid: child.pid,
    output,
    exited,
    said: (text, timeoutMs = 30_000) => waitUntilSaid({ text, output, exited, timeoutMs, argv }),
    async result(timeoutMs = 120_000) {
      const whole = pipes.then(() => exited);
      const exitCode = await Promise.race([whole, Bun.sleep(timeoutMs).then(() => "late" as const)]);
      if (exitCode !== "late") return runResult(exitCode, output);
      killGroup("SIGKILL");
      throw new Error(`${argv.join(" ")}: not at its end after ${timeoutMs} ms\n${output.stdout}\n${output.stderr}`);
    },
    kill: (signal = "SIGTERM") => sendTo(child.pid, signal),
    killGroup,
  };
}

async function collect(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) add(decoder.decode(chunk, { stream: true }));
}

function runResult(exitCode: number, { stdout, stderr }: { stdout: string; stderr: string }): RunResult {
  return {
    exitCode,
    stdout,
    stderr,
    get json() {
      try {
        return JSON.parse(stdout);
      } catch {
        throw new Error(`stdout is not one JSON document (exit code ${exitCode}):\n${stdout}\nstderr:\n${stderr}`);
      }
    },
  };
}

interface Waiting {
  readonly text: string | RegExp;
  readonly output: { readonly stdout: string; readonly stderr: string };
  readonly exited: Promise<number>;
  readonly timeoutMs: number;
  readonly argv: readonly string[];
}

async function waitUntilSaid({ text, output, exited, timeoutMs, argv }: Waiting): Promise<void> {
  const found = (): boolean => {
    const all = `${output.stdout}\n${output.stderr}`;
    return typeof text === "string" ? all.includes(text) : text.test(all);
  };
  const state = { ended: false };
  void exited.then(() => (state.ended = true));
  const until = Date.now() + timeoutMs;
  while (!found()) {
    if (state.ended || Date.now() > until) {
      const why = state.ended ? "ended" : `ran ${timeoutMs} ms`;
      throw new Error(`${argv.join(" ")} ${why} without saying ${text}\n${output.stdout}\n${output.stderr}`);
    }
    await Bun.sleep(10);
  }
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (e) {
    if (!(e instanceof Error && "code" in e && e.code === "ESRCH")) throw e;
  }
}

function signalNumber(signal: string): number {
  const numbers: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 };
  return numbers[signal] ?? 0;
}
