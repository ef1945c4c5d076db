/**
 * The only home of foreign functions: what Bun has no call for, or none that is quick enough for the hot path.
 * Each function that is bound costs a tenth of a millisecond to compile, so on Linux there is one, syscall(2), and a table
 * of numbers; macOS has no stable numbers and binds names. Nothing is loaded before the first call.
 * Linux glibc and musl on x64 and arm64, macOS. Tests: test/unit/core/platform/libc.test.ts
 */
import { dlopen, FFIType, type Pointer, ptr } from "bun:ffi";

const isMac = process.platform === "darwin";
const SIGTERM = 15;
const PR_SET_PDEATHSIG = 1;
const LOCK_EX_NB = 2 | 4;
const LOCK_SH_NB = 1 | 4;
const AT_FDCWD = isMac ? -2 : -100;

/** https://man7.org/linux/man-pages/man2/syscalls.2.html: numbers by architecture, x64 and arm64. */
const NUMBERS = {
  read: [0, 63],
  write: [1, 64],
  close: [3, 57],
  rt_sigaction: [13, 134],
  rt_sigprocmask: [14, 135],
  socket: [41, 198],
  connect: [42, 203],
  setsockopt: [54, 208],
  getsockopt: [55, 209],
  execve: [59, 221],
  flock: [73, 32],
  umask: [95, 166],
  prctl: [157, 167],
  openat: [257, 56],
  newfstatat: [262, 79],
  utimensat: [280, 88],
} as const;

const MAC_NAMES = {
  execve: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  signal: { args: ["i32", "ptr"], returns: "ptr" },
  sigprocmask: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  flock: { args: ["i32", "i32"], returns: "i32" },
  umask: { args: ["u32"], returns: "u32" },
  utimensat: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
} as const;

// A pointer is a number here, -1 an error; five arguments are the most that any of the calls takes.
const { i64_fast: long } = FFIType;
const LINUX_NAMES = { syscall: { args: [long, long, long, long, long, long], returns: long } } as const;
const LINUX_FILES = ["libc.so.6", "libc.so", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

const openLinux = (file: string) => dlopen(file, LINUX_NAMES).symbols;
const openMac = () => dlopen("libSystem.B.dylib", MAC_NAMES).symbols;
let linux: ReturnType<typeof openLinux> | undefined;
let mac: ReturnType<typeof openMac> | undefined;

/** The functions of macOS's system library, by name. */
export function macCalls(): ReturnType<typeof openMac> {
  mac ??= openMac();
  return mac;
}

/** A Linux system call; what it returns, -1 for a failure. Buffers go in by `addressOf` and are kept by the caller. */
export function syscall(name: keyof typeof NUMBERS, a = 0, b = 0, c = 0, d = 0, e = 0): number {
  linux ??= openFirst(LINUX_FILES);
  return Number(linux.syscall(NUMBERS[name][process.arch === "arm64" ? 1 : 0], a, b, c, d, e));
}

function openFirst(files: string[]): ReturnType<typeof openLinux> {
  const [file = "", ...rest] = files;
  try {
    return openLinux(file);
  } catch (e) {
    if (rest.length === 0) throw e;
    return openFirst(rest);
  }
}

/** Valid while the buffer lives: see `keepAlive`. */
export const addressOf = (buffer: NodeJS.TypedArray): Pointer => ptr(buffer);

// Buffers must outlive the calls that got their addresses; a use afterwards keeps the collector away.
let kept: unknown;
export const keepAlive = (...values: unknown[]): void => {
  kept = values;
  void kept;
};

/** NUL-ended texts in one buffer (one encoding for all of them), with the address of each. */
export function cStrings(texts: readonly string[]): { buffer: Uint8Array; pointers: Pointer[] } {
  const buffer = new TextEncoder().encode(`${texts.join("\0")}\0`);
  const base = ptr(buffer);
  const pointers: Pointer[] = [];
  for (let i = 0, at = 0; i < texts.length; i++) {
    pointers.push((base + at) as Pointer);
    at = buffer.indexOf(0, at) + 1;
  }
  return { buffer, pointers };
}

/** Takes an flock without waiting. @returns false when another open file holds it. */
export function flockNow(fd: number, shared = false): boolean {
  const how = shared ? LOCK_SH_NB : LOCK_EX_NB;
  return (isMac ? macCalls().flock(fd, how) : syscall("flock", fd, how)) === 0;
}

/** Sets the process's file mode mask and returns the old one. */
export const setUmask = (mask: number): number => (isMac ? macCalls().umask(mask) : syscall("umask", mask));

/**
 * Asks the kernel to end this process when its parent dies (PR_SET_PDEATHSIG, kept through execve); Linux only.
 * Without it a killed daemon leaves its engines working for nobody.
 */
export function dieWithParent(): void {
  if (process.platform === "linux") syscall("prctl", PR_SET_PDEATHSIG, SIGTERM);
}

/** Sets a file's times to a moment in nanoseconds, exactly (Bun's own call rounds), or to now. @returns false when it can't. */
export function setFileTime(path: string, ns?: bigint): boolean {
  const times = ns === undefined ? undefined : new BigInt64Array([...inSeconds(ns), ...inSeconds(ns)]);
  const name = cStrings([path]);
  const [at, when] = [ptr(name.buffer), times ? ptr(times) : null];
  const failed = isMac ? macCalls().utimensat(AT_FDCWD, at, when, 0) : syscall("utimensat", AT_FDCWD, at, when ?? 0);
  keepAlive(name, times);
  return failed === 0;
}

const inSeconds = (ns: bigint) => [ns / 1_000_000_000n, ns % 1_000_000_000n] as const;
