/**
 * The only home of foreign functions: what Bun has no call for. Loaded lazily, one symbol table.
 * Linux glibc and musl, macOS. Tests: test/unit/core/platform/libc.test.ts
 */
import { dlopen, ptr } from "bun:ffi";

const SIG_DFL = null;
const SIGPIPE = 13;
const SIGXFSZ = 25;
const SIG_SETMASK = process.platform === "darwin" ? 3 : 2;
const LOCK_EX_NB = 2 | 4;
const LOCK_SH_NB = 1 | 4;
const LOCK_UN = 8;

const symbols = {
  execve: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  signal: { args: ["i32", "ptr"], returns: "ptr" },
  sigprocmask: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  flock: { args: ["i32", "i32"], returns: "i32" },
  umask: { args: ["u32"], returns: "u32" },
} as const;

const open = () => openFirst(process.platform === "darwin" ? ["libSystem.B.dylib"] : ["libc.so.6", "libc.so"]);
let library: ReturnType<typeof openOne> | undefined;

function libc() {
  library ??= open();
  return library.symbols;
}

const openOne = (name: string) => dlopen(name, symbols);

function openFirst(names: string[]): ReturnType<typeof openOne> {
  const [name = "", ...rest] = names;
  try {
    return openOne(name);
  } catch (e) {
    if (rest.length === 0) throw e;
    return openFirst(rest);
  }
}

/**
 * Replaces this process; returns only when the system refused (try the next candidate).
 * Bun ignores SIGPIPE and SIGXFSZ and a child would inherit that, so both go back to default first.
 */
export function execve(file: string, argv: readonly string[], env: Record<string, string>): void {
  const args = cStringArray(argv);
  const vars = cStringArray(Object.entries(env).map(([key, value]) => `${key}=${value}`));
  const path = cString(file);
  const c = libc();
  c.signal(SIGPIPE, SIG_DFL);
  c.signal(SIGXFSZ, SIG_DFL);
  const empty = new Uint8Array(128);
  c.sigprocmask(SIG_SETMASK, ptr(empty), null);
  c.execve(ptr(path), ptr(args.table), ptr(vars.table));
  keepAlive(args, vars, path, empty);
}

// The buffers must outlive the call; a use after it is what keeps the collector away.
let kept: unknown;
const keepAlive = (...values: unknown[]): void => {
  kept = values;
  void kept;
};

const cString = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);

function cStringArray(texts: readonly string[]): { table: BigUint64Array; buffers: Uint8Array[] } {
  const buffers = texts.map(cString);
  const table = new BigUint64Array(texts.length + 1);
  for (const [i, buffer] of buffers.entries()) table[i] = BigInt(ptr(buffer));
  return { table, buffers };
}

/** Takes an flock without waiting. @returns false when another open file holds it. */
export const flockNow = (fd: number, shared = false): boolean =>
  libc().flock(fd, shared ? LOCK_SH_NB : LOCK_EX_NB) === 0;

export const funlock = (fd: number): void => void libc().flock(fd, LOCK_UN);

/** Sets the process's file mode mask and returns the old one. */
export const setUmask = (mask: number): number => libc().umask(mask);
