/**
 * Exact amounts of bytes out of a stream of chunks of any size. Holds one chunk at most.
 * Tests: test/unit/core/swrt/tar-reader.test.ts
 */

export interface ByteSource {
  /** Exactly `n` bytes, or fewer when the stream ended; a copy, so it may be kept. For small `n`. */
  take(n: number): Promise<Uint8Array>;
  /** Whatever is at hand, 1 to `max` bytes; undefined at the end. Valid until the next call. */
  some(max: number): Promise<Uint8Array | undefined>;
  /** Lets the stream go, also in the middle. */
  close(): Promise<void>;
}

export function byteSource(chunks: AsyncIterable<Uint8Array>): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  let ended = false;

  const some = async (max: number): Promise<Uint8Array | undefined> => {
    while (rest.length === 0) {
      const next = ended ? undefined : await iterator.next();
      if (next === undefined || next.done === true) {
        ended = true;
        return undefined;
      }
      rest = next.value;
    }
    const part = rest.subarray(0, max);
    rest = rest.subarray(part.length);
    return part;
  };

  const take = async (n: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(n);
    let filled = 0;
    while (filled < n) {
      const part = await some(n - filled);
      if (part === undefined) return bytes.subarray(0, filled);
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  };

  const close = async (): Promise<void> => {
    if (!ended) await iterator.return?.();
    ended = true;
  };

  return { take, some, close };
}
