/**
 * A question and its answer over a Unix socket, blocking, on Linux: no thread, no event loop, a third of what a fetch costs.
 * For tiny exchanges with our own daemon on the hot path; elsewhere it says "nobody" and the client takes its long way.
 * Tests: test/unit/core/platform/unix-exchange.test.ts
 */
import { addressOf, syscall } from "#core/platform/libc.ts";

const isLinux = process.platform === "linux";
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_RCVTIMEO = 20;
/** `sun_path` with its closing NUL. */
const PATH_BYTES = 108;
const CHUNK = 65_536;

export interface ExchangeOptions {
  timeoutSeconds: number;
  /** Says when what came is the whole answer: waiting for the other side to close would cost up to milliseconds. */
  isWhole: (answer: string) => boolean;
}

/** undefined: nobody listens, the listener is another user's, or it is silent for `timeoutSeconds`. */
export function exchange(socketPath: string, request: string, options: ExchangeOptions): string | undefined {
  const fd = isLinux ? syscall("socket", AF_UNIX, SOCK_STREAM) : -1;
  if (fd < 0) return undefined;
  try {
    if (!connectTo(fd, socketPath) || peerUid(fd) !== process.getuid?.()) return undefined;
    limitReads(fd, options.timeoutSeconds);
    return sendAll(fd, request) ? readUntil(fd, options.isWhole) : undefined;
  } finally {
    syscall("close", fd);
  }
}

/** `struct sockaddr_un` is the family and the path. */
function connectTo(fd: number, path: string): boolean {
  const bytes = new TextEncoder().encode(path);
  if (bytes.length >= PATH_BYTES) return false;
  const address = new Uint8Array(2 + PATH_BYTES);
  address[0] = AF_UNIX;
  address.set(bytes, 2);
  return syscall("connect", fd, addressOf(address), address.length) === 0;
}

/** Who listens, as the kernel knows it (SO_PEERCRED: pid, uid, gid); -1 when it can't say. */
function peerUid(fd: number): number {
  const credentials = new Int32Array(3);
  const length = new Uint32Array([12]);
  const failed = syscall("getsockopt", fd, SOL_SOCKET, SO_PEERCRED, addressOf(credentials), addressOf(length));
  return failed === 0 ? (credentials[1] ?? -1) : -1;
}

function limitReads(fd: number, seconds: number): void {
  const timeval = new Int32Array([seconds, 0, 0, 0]);
  syscall("setsockopt", fd, SOL_SOCKET, SO_RCVTIMEO, addressOf(timeval), timeval.byteLength);
}

function sendAll(fd: number, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length; ) {
    const rest = bytes.subarray(sent);
    const n = syscall("write", fd, addressOf(rest), rest.length);
    if (n <= 0) return false;
    sent += n;
  }
  return true;
}

function readUntil(fd: number, isWhole: (answer: string) => boolean): string | undefined {
  const buffer = new Uint8Array(CHUNK);
  const decoder = new TextDecoder();
  for (let text = ""; ; ) {
    const n = syscall("read", fd, addressOf(buffer), CHUNK);
    if (n < 0) return undefined;
    text += decoder.decode(buffer.subarray(0, n), { stream: n > 0 });
    if (n === 0 || isWhole(text)) return text;
  }
}
