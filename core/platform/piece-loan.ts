/**
 * Pieces of a stream on loan: their memory goes back once a few more were asked for, so that a stream of any length holds
 * a few pieces. Left to the collector, 80 MB of used pieces pile up, and asking it often costs a third of a transfer.
 * Tests: test/unit/core/platform/piece-loan.test.ts, test/e2e/copy-memory.test.ts
 */

/** So many pieces stay as they are: a check may hold one back, a sender reads one ahead while another is being sent. */
export const LOAN = 4;

/** Bytes of a piece read from a file. */
export const PIECE = 1024 * 1024;

/**
 * Passes pieces on; each may be used until LOAN more were asked for, and is empty (or another piece) afterwards.
 * @param pieces whoever makes them must have no other use for them
 * @param back where a piece goes then
 */
export async function* onLoan(
  pieces: AsyncIterable<Uint8Array>,
  back: (piece: Uint8Array) => void = release,
): AsyncGenerator<Uint8Array> {
  const lent: Uint8Array[] = [];
  for await (const piece of pieces) {
    lent.push(piece);
    yield piece;
    const oldest = lent.length >= LOAN ? lent.shift() : undefined;
    if (oldest) back(oldest);
  }
}

/** For who queues pieces: each is its own for good. */
export async function* copied(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield new Uint8Array(piece);
}

/** Gives the memory back at once, also before the loan ends. A part of a larger buffer stays: others may use the rest. */
export function release(piece: Uint8Array): void {
  const buffer = piece.buffer as ArrayBuffer;
  if (isWhole(piece) && !buffer.detached) buffer.transfer(0);
}

const isWhole = ({ buffer, byteLength }: Uint8Array): boolean =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;

export const newRoom = (size: number): Uint8Array => Buffer.allocUnsafeSlow(size);

/** Whole pieces are read into those that came back: half a thousand new ones would wake the collector. */
export function rooms() {
  const free: Uint8Array[] = [];
  return {
    room: (size: number): Uint8Array => (size === PIECE ? free.pop() : undefined) ?? newRoom(size),
    back(piece: Uint8Array): void {
      if (isWhole(piece) && piece.length === PIECE) free.push(piece);
      else release(piece);
    },
  };
}
