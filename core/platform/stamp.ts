/**
 * Stamps: what tells one state of a file or folder from the next without reading it.
 * Within the clock's grain two writes look alike, so a young stamp is not to be trusted. Tests: test/unit/core/store/refs.test.ts
 */
import { statSync } from "node:fs";
import { errno } from "#core/errors.ts";

export interface Stamp {
  readonly key: string;
  /** False when a further write could still hide behind the same key. */
  readonly settled: boolean;
}

// The kernel's clock for files moves in steps of 1 to 10 ms.
const GRAIN_MS = 50;

/** undefined when there is nothing. Synchronous: a few µs, and asked by hot queries. */
export function stampOf(path: string): Stamp | undefined {
  try {
    const s = statSync(path, { bigint: true });
    const age = Date.now() - Number(s.ctimeNs / 1_000_000n);
    return { key: `${s.ino}:${s.size}:${s.mtimeNs}:${s.ctimeNs}`, settled: age > GRAIN_MS };
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    return undefined;
  }
}

/** Whether what was remembered under `known` still stands for a file that now has `now`. */
export const isSame = (known: Stamp | undefined, now: Stamp | undefined): boolean =>
  known !== undefined && now !== undefined && known.settled && known.key === now.key;
