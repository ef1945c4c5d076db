/**
 * Facts and text of files by one system call each, on Linux, for the hot path: what Bun has for them loads a module or
 * takes a thread. Elsewhere nothing is seen, and the caller takes its long way. Tests: test/unit/core/platform/quick-file.test.ts
 */
import { addressOf, cStrings, keepAlive, syscall } from "#core/platform/libc.ts";

const isLinux = process.platform === "linux";
const AT_FDCWD = -100;
/** Each page of a buffer is a page fault: what is read here has some hundred bytes. */
const SMALL = 4096;

/** A small file's text in one read; undefined when it can't be read, or has 4 KiB or more. */
export function readSmallFile(path: string): string | undefined {
  if (!isLinux) return undefined;
  const name = cStrings([path]);
  const fd = syscall("openat", AT_FDCWD, addressOf(name.buffer));
  keepAlive(name);
  if (fd < 0) return undefined;
  const buffer = new Uint8Array(SMALL);
  const length = syscall("read", fd, addressOf(buffer), SMALL);
  syscall("close", fd);
  return length < 0 || length === SMALL ? undefined : new TextDecoder().decode(buffer.subarray(0, length));
}

/** What tells whether a file is the one that was seen: to be compared, not read. */
export interface FileFacts {
  /** Device and inode. */
  readonly id: string;
  /** When its content changed last, to the nanosecond. */
  readonly time: string;
  /** Bytes. */
  readonly size: number;
}

/** `struct stat` of x64 and arm64 is 144 bytes: device at 0, inode 8, size 48, seconds 88, nanoseconds 96. */
const STAT_WORDS = 36;
const WORD = 2 ** 32;

/** One entry for each path; undefined for what isn't there or must not be looked at. Links are followed. */
export function quickStats(paths: readonly string[]): (FileFacts | undefined)[] {
  if (!isLinux) return [];
  const names = cStrings(paths);
  const stat = new Uint32Array(STAT_WORDS);
  const facts: (FileFacts | undefined)[] = [];
  for (const name of names.pointers) {
    const failed = syscall("newfstatat", AT_FDCWD, name, addressOf(stat)) !== 0;
    facts.push(failed ? undefined : factsIn(stat));
  }
  keepAlive(names);
  return facts;
}

function factsIn(stat: Uint32Array): FileFacts {
  const long = (at: number) => (stat[at / 4] ?? 0) + (stat[at / 4 + 1] ?? 0) * WORD;
  return { id: `${long(0)}:${long(8)}`, time: `${long(88)}.${long(96)}`, size: long(48) };
}

/** One text for one state of a file, to be kept beside what was learnt of it. */
export const stateOf = ({ time, size, id }: FileFacts): string => `${time} ${size} ${id}`;
