/**
 * Writes what comes in pieces to a file: in batches, while the next pieces come, and with the disk at work from early on,
 * so that a flush at the end is short. Tests: test/unit/core/platform/write-batched.test.ts
 */
import type { FileHandle } from "node:fs/promises";
import { newRoom, release } from "#core/platform/piece-loan.ts";

const BATCH = 1024 * 1024;
const FLUSH_EACH = 32 * 1024 * 1024;

/** All is written when it returns, though not flushed. Pieces are copied, and released at once. */
export async function writeBatched(file: FileHandle, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const early = earlyFlush(file);
  const batches = batchesInto(file, early.written);
  try {
    for await (const piece of pieces) await batches.add(piece);
    await batches.all();
  } finally {
    // The file must stay open until nobody uses it.
    await batches.over();
    await early.over();
  }
  early.check();
}

/** Two rooms: one is filled while the other is being written. What a write met is thrown by the next one. */
function batchesInto(file: FileHandle, written: (size: number) => void) {
  const rooms: Uint8Array[] = [];
  let turn = 0;
  let filled = 0;
  let writing: Promise<void> = Promise.resolve();

  const flush = async (): Promise<void> => {
    await writing;
    const room = rooms[turn];
    if (room === undefined || filled === 0) return;
    written(filled);
    writing = writeAll(file, room.subarray(0, filled));
    // Thrown where it is awaited.
    writing.catch(() => {});
    turn = 1 - turn;
    filled = 0;
  };

  const add = async (piece: Uint8Array): Promise<void> => {
    for (let at = 0; at < piece.length; ) {
      rooms[turn] ??= newRoom(BATCH);
      const part = piece.subarray(at, at + BATCH - filled);
      rooms[turn]?.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === BATCH) await flush();
    }
    release(piece);
  };

  return {
    add,
    all: () => flush().then(() => writing),
    async over(): Promise<void> {
      await writing.catch(() => {});
      for (const room of rooms) release(room);
    },
  };
}

/** A disk that becomes full takes a part first. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
  }
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
