/** The digest of a file of an environment: small ones in one read, large ones in pieces. Tests: test/e2e/drift.test.ts */
import { readFile } from "node:fs/promises";
import { sha256File, sha256Hex } from "#core/platform/digest.ts";

const SMALL = 1 << 20;

export async function hashFile(path: string, size: number): Promise<string> {
  return size <= SMALL ? sha256Hex(await readFile(path)) : (await sha256File(path)).hex;
}
