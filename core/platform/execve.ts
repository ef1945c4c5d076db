/**
 * This process becomes another program (execve(2)). Imports only the foreign functions: the hot path uses it.
 * Tests: test/e2e/run.test.ts
 */
import { addressOf, cStrings, keepAlive, macCalls, syscall } from "#core/platform/libc.ts";

const SIGPIPE = 13;
const SIGXFSZ = 25;
const SIG_SETMASK = process.platform === "darwin" ? 3 : 2;
/** Bytes of the kernel's own set of signals, which its calls want to be told. */
const KERNEL_SET = 8;

/**
 * Replaces this process by the first of `files` that can be executed; returns only when none could.
 * Bun ignores SIGPIPE and SIGXFSZ and a child would inherit that, so both go back to default first.
 */
export function execve(files: readonly string[], argv: readonly string[], env: Record<string, string>): void {
  const args = pointerArray(argv);
  const vars = pointerArray(environmentStrings(env));
  const paths = cStrings(files);
  if (process.platform === "darwin") execOnMac(paths.pointers, args.table, vars.table);
  else execOnLinux(paths.pointers, args.table, vars.table);
  keepAlive(args, vars, paths);
}

type Paths = ReturnType<typeof cStrings>["pointers"];

/** A `struct sigaction` of zeros is SIG_DFL, a set of zeros blocks nothing. */
function execOnLinux(paths: Paths, args: Uint32Array, vars: Uint32Array): void {
  const zeros = new Uint8Array(64);
  const none = addressOf(zeros);
  syscall("rt_sigaction", SIGPIPE, none, 0, KERNEL_SET);
  syscall("rt_sigaction", SIGXFSZ, none, 0, KERNEL_SET);
  syscall("rt_sigprocmask", SIG_SETMASK, none, 0, KERNEL_SET);
  for (const path of paths) syscall("execve", path, addressOf(args), addressOf(vars));
  keepAlive(zeros);
}

function execOnMac(paths: Paths, args: Uint32Array, vars: Uint32Array): void {
  const zeros = new Uint8Array(16);
  const c = macCalls();
  c.signal(SIGPIPE, null);
  c.signal(SIGXFSZ, null);
  c.sigprocmask(SIG_SETMASK, addressOf(zeros), null);
  for (const path of paths) c.execve(path, addressOf(args), addressOf(vars));
  keepAlive(zeros);
}

/** `KEY=value` texts. A plain loop: a callback for each of them is called often enough to start the JIT's threads. */
function environmentStrings(env: Record<string, string>): string[] {
  const texts: string[] = [];
  for (const key in env) texts.push(`${key}=${env[key]}`);
  return texts;
}

const ADDRESS_HALF = 2 ** 32;

/** A C array of strings: addresses as two halves (both our systems are little-endian), ended by a null pointer. */
function pointerArray(texts: readonly string[]): { buffer: Uint8Array; table: Uint32Array } {
  const { buffer, pointers } = cStrings(texts);
  const table = new Uint32Array(2 * texts.length + 2);
  for (let i = 0; i < pointers.length; i++) {
    const address = Number(pointers[i]);
    table[2 * i] = address % ADDRESS_HALF;
    table[2 * i + 1] = Math.floor(address / ADDRESS_HALF);
  }
  return { buffer, table };
}
