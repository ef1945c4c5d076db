/**
 * Writes what comes in pieces to a file: in batches, while the next pieces come, and with the disk at work from early on,
 * so that a flush at the end is short. Tests: test/unit/core/platform/write-batched.test.ts
 */
import type { FileHandle } from "node:fs/promises";

const BATCH = 1024 * 1024;
const FLUSH_EACH = 32 * 1024 * 1024;

/** All is written when it returns, though not flushed. Pieces must stay as they are until then. */
export async function writeBatched(file: FileHandle, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const early = earlyFlush(file);
  let writing: Promise<void> = Promise.resolve();
  let batch: Uint8Array[] = [];
  let size = 0;

  const writeOn = async (): Promise<void> => {
    await writing;
    early.written(size);
    writing = writeAll(file, batch, size);
    // Thrown where it is awaited, a batch later.
    writing.catch(() => {});
    batch = [];
    size = 0;
  };

  try {
    for await (const piece of pieces) {
      batch.push(piece);
      size += piece.length;
      if (size >= BATCH) await writeOn();
    }
    if (size > 0) await writeOn();
    await writing;
  } finally {
    // The file must stay open until nobody uses it.
    await writing.catch(() => {});
    await early.over();
  }
  early.check();
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[], size: number): Promise<void> {
  const { bytesWritten } = await file.writev([...pieces]);
  // A disk that becomes full takes a part first.
  if (bytesWritten < size) await file.writeFile(Buffer.concat(pieces).subarray(bytesWritten));
}

/** One flush at a time, beside the writing. What one of them met, no later one would say. */
function earlyFlush(file: FileHandle) {
  let unflushed = 0;
  let running: Promise<void> | undefined;
  let failure: unknown;
  return {
    written(size: number): void {
      unflushed += size;
      if (unflushed < FLUSH_EACH || running !== undefined) return;
      unflushed = 0;
      running = file
        .datasync()
        .catch((e: unknown) => {
          failure = e;
        })
        .finally(() => {
          running = undefined;
        });
    },
    over: async (): Promise<void> => await running,
    check(): void {
      if (failure !== undefined) throw failure;
    },
  };
}
