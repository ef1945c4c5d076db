/**
 * The only home of foreign functions: what Bun has no call for, or none that is quick enough for the hot path (a blocking
 * socket costs a third of what fetch does, since it starts no thread and no event loop). One symbol table, loaded lazily.
 * Linux glibc and musl, macOS. Tests: test/unit/core/platform/libc.test.ts
 */
import { dlopen, type Pointer, ptr } from "bun:ffi";

const isMac = process.platform === "darwin";
const SIG_DFL = null;
const SIGPIPE = 13;
const SIGTERM = 15;
const SIGXFSZ = 25;
const PR_SET_PDEATHSIG = 1;
const SIG_SETMASK = isMac ? 3 : 2;
const LOCK_EX_NB = 2 | 4;
const LOCK_SH_NB = 1 | 4;
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOL_SOCKET = isMac ? 0xffff : 1;
const SO_RCVTIMEO = isMac ? 0x1006 : 20;
const SO_PEERCRED = 17;
const AT_FDCWD = isMac ? -2 : -100;
const ADDRESS_BYTES = isMac ? 104 : 108;

const common = {
  execve: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  signal: { args: ["i32", "ptr"], returns: "ptr" },
  sigprocmask: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  flock: { args: ["i32", "i32"], returns: "i32" },
  umask: { args: ["u32"], returns: "u32" },
  open: { args: ["ptr", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  read: { args: ["i32", "ptr", "u64"], returns: "i64" },
  write: { args: ["i32", "ptr", "u64"], returns: "i64" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
} as const;

// Apart from the others, so that the hot path does not pay for it.
const fileTimes = { utimensat: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" } } as const;
const linuxOnly = { prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" } } as const;

const openOne = (name: string) => dlopen(name, common);
let library: ReturnType<typeof openOne> | undefined;

function libc() {
  library ??= openFirst(isMac ? ["libSystem.B.dylib"] : ["libc.so.6", "libc.so"]);
  return library.symbols;
}

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
 * Replaces this process by the first of `files` that can be executed; returns only when none could.
 * Bun ignores SIGPIPE and SIGXFSZ and a child would inherit that, so both go back to default first.
 */
export function execve(files: readonly string[], argv: readonly string[], env: Record<string, string>): void {
  const args = cStrings(argv);
  const vars = cStrings(environmentStrings(env));
  const paths = cStrings(files);
  const noSignals = new Uint8Array(128);
  const c = libc();
  c.signal(SIGPIPE, SIG_DFL);
  c.signal(SIGXFSZ, SIG_DFL);
  c.sigprocmask(SIG_SETMASK, ptr(noSignals), null);
  for (const path of paths.pointers) c.execve(path, ptr(args.table), ptr(vars.table));
  keepAlive(args, vars, paths, noSignals);
}

// Buffers must outlive the calls that got their addresses; a use afterwards keeps the collector away.
let kept: unknown;
const keepAlive = (...values: unknown[]): void => {
  kept = values;
  void kept;
};

/** `KEY=value` texts. A plain loop: a callback for each of them is called often enough to start the JIT's threads. */
function environmentStrings(env: Record<string, string>): string[] {
  const texts: string[] = [];
  for (const key in env) texts.push(`${key}=${env[key]}`);
  return texts;
}

const ADDRESS_HALF = 2 ** 32;

/** NUL-ended texts in one buffer (one encoding for all of them), with their addresses, and those as a C array. */
function cStrings(texts: readonly string[]): { buffer: Uint8Array; table: Uint32Array; pointers: Pointer[] } {
  const buffer = new TextEncoder().encode(`${texts.join("\0")}\0`);
  // Addresses as two halves (both our systems are little-endian), ended by a null pointer.
  const table = new Uint32Array(2 * texts.length + 2);
  const base = ptr(buffer);
  const pointers: Pointer[] = [];
  for (let i = 0, at = 0; i < texts.length; i++) {
    const address = (base + at) as Pointer;
    pointers.push(address);
    table[2 * i] = address % ADDRESS_HALF;
    table[2 * i + 1] = Math.floor(address / ADDRESS_HALF);
    at = buffer.indexOf(0, at) + 1;
  }
  return { buffer, table, pointers };
}

/** Takes an flock without waiting. @returns false when another open file holds it. */
export const flockNow = (fd: number, shared = false): boolean =>
  libc().flock(fd, shared ? LOCK_SH_NB : LOCK_EX_NB) === 0;

/** Sets the process's file mode mask and returns the old one. */
export const setUmask = (mask: number): number => libc().umask(mask);

/**
 * Asks the kernel to end this process when its parent dies (PR_SET_PDEATHSIG, kept through execve); Linux only.
 * Without it a killed daemon leaves its engines working for nobody.
 */
export function dieWithParent(): void {
  if (process.platform !== "linux") return;
  const { prctl } = openFirstLinux().symbols;
  prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
}

const openFirstLinux = () => {
  try {
    return dlopen("libc.so.6", linuxOnly);
  } catch {
    return dlopen("libc.so", linuxOnly);
  }
};

const openTimes = (name: string) => dlopen(name, fileTimes);
let timesLibrary: ReturnType<typeof openTimes> | undefined;

function openFileTimes() {
  timesLibrary ??= isMac ? openTimes("libSystem.B.dylib") : openTimesLinux();
  return timesLibrary.symbols;
}

function openTimesLinux() {
  try {
    return openTimes("libc.so.6");
  } catch {
    return openTimes("libc.so");
  }
}

/** Sets a file's times to a moment in nanoseconds, exactly (Bun's own call rounds). @returns false when it can't. */
export function setFileTime(path: string, ns: bigint): boolean {
  const moment = [ns / 1_000_000_000n, ns % 1_000_000_000n] as const;
  const times = new BigInt64Array([...moment, ...moment]);
  const name = cStrings([path]);
  const failed = openFileTimes().utimensat(AT_FDCWD, ptr(name.buffer), ptr(times), 0);
  keepAlive(name, times);
  return failed === 0;
}

/** A small file's text in one read, at most 64 KiB; undefined when it can't be opened. */
export function readSmallFile(path: string): string | undefined {
  const c = libc();
  const name = cStrings([path]);
  const fd = c.open(ptr(name.buffer), 0);
  keepAlive(name);
  if (fd < 0) return undefined;
  const buffer = new Uint8Array(65_536);
  const length = Number(c.read(fd, ptr(buffer), buffer.length));
  c.close(fd);
  return length < 0 ? undefined : new TextDecoder().decode(buffer.subarray(0, length));
}

/**
 * Connects and sends, blocking; for tiny exchanges with our own daemon. `isWhole` says when what came is the whole answer
 * (waiting for the other side to close would cost up to milliseconds).
 * @returns undefined when nobody listens, the listener is another user's, or it is silent for `timeoutSeconds`.
 */
export function exchange(
  socketPath: string,
  request: string,
  options: { timeoutSeconds: number; isWhole: (answer: string) => boolean },
): string | undefined {
  const c = libc();
  const fd = c.socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return undefined;
  try {
    const address = socketAddress(socketPath);
    if (address === undefined || c.connect(fd, ptr(address), address.length) !== 0) return undefined;
    if (!isMac && peerUid(fd) !== process.getuid?.()) return undefined;
    limitReads(fd, options.timeoutSeconds);
    return sendAll(fd, request) ? readUntil(fd, options.isWhole) : undefined;
  } finally {
    c.close(fd);
  }
}

/** `struct sockaddr_un`; on macOS the first byte is its length. */
function socketAddress(path: string): Uint8Array | undefined {
  const bytes = new TextEncoder().encode(path);
  if (bytes.length >= ADDRESS_BYTES) return undefined;
  const address = new Uint8Array(2 + ADDRESS_BYTES);
  if (isMac) address[0] = address.length;
  address[isMac ? 1 : 0] = AF_UNIX;
  address.set(bytes, 2);
  return address;
}

/** Who listens, as the kernel knows it (SO_PEERCRED: pid, uid, gid); -1 when it can't say. */
function peerUid(fd: number): number {
  const credentials = new Int32Array(3);
  const length = new Uint32Array([12]);
  const failed = libc().getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ptr(credentials), ptr(length));
  return failed === 0 ? (credentials[1] ?? -1) : -1;
}

function limitReads(fd: number, seconds: number): void {
  const timeval = new BigInt64Array([BigInt(seconds), 0n]);
  libc().setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, ptr(timeval), 16);
}

function sendAll(fd: number, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length; ) {
    const rest = bytes.subarray(sent);
    const n = Number(libc().write(fd, ptr(rest), rest.length));
    if (n <= 0) return false;
    sent += n;
  }
  return true;
}

function readUntil(fd: number, isWhole: (answer: string) => boolean): string | undefined {
  const buffer = new Uint8Array(65_536);
  const decoder = new TextDecoder();
  for (let text = ""; ; ) {
    const n = Number(libc().read(fd, ptr(buffer), buffer.length));
    if (n < 0) return undefined;
    text += decoder.decode(buffer.subarray(0, n), { stream: n > 0 });
    if (n === 0 || isWhole(text)) return text;
  }
}
