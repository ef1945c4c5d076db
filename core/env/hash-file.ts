/** The digest of a file of an environment: small ones in one read, large ones in pieces. Tests: test/e2e/drift-bytes.test.ts */
import { open, readFile } from "node:fs/promises";
import { sha256Hex } from "#core/platform/digest.ts";

const PIECE = 1 << 20;

/** Pieces into one buffer: a stream makes a new one for each, which takes longer than the hashing. */
export async function hashFile(path: string, size: number): Promise<string> {
  if (size <= PIECE) return sha256Hex(await readFile(path));
  const file = await open(path);
  try {
    const hasher = new Bun.CryptoHasher("sha256");
    const buffer = new Uint8Array(PIECE);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE, null);
      if (bytesRead === 0) return hasher.digest("hex");
      hasher.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
