/** A file that people named, written whole or not at all, with progress. Tests: test/e2e/copy.test.ts */
import { randomBytes } from "node:crypto";
import { link, open, rename } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { errno, SwError, throwIfAborted } from "#core/errors.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { writeBatched } from "#core/platform/write-batched.ts";
import { counted } from "#core/transfer/progress.ts";

export interface NewFile {
  chunks: AsyncIterable<Uint8Array>;
  size: number | undefined;
  /** Takes the place of what is there. */
  replace: boolean;
}

/** @throws FILE_NOT_FOUND without its folder, EXISTS */
export async function writeNewFile(ctx: Ctx, path: string, { chunks, size, replace }: NewFile): Promise<void> {
  const temp = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(temp, "wx", 0o644).catch((e: unknown) => {
    if (errno(e) !== "ENOENT") throw e;
    throw new SwError("FILE_NOT_FOUND", `the folder of ${path} does not exist`, { cause: e });
  });
  try {
    try {
      const line = { step: "write", text: `Writing ${path}`, total: size };
      await writeBatched(file, untilAborted(ctx, counted(ctx, line, chunks)));
      await file.datasync();
    } finally {
      await file.close();
    }
    if (replace) await rename(temp, path);
    else await link(temp, path);
  } catch (e) {
    if (errno(e) !== "EEXIST") throw e;
    throw new SwError("EXISTS", `${path} has just been made by somebody else`, { hint: "-f replaces it." });
  } finally {
    await removeFile(temp);
  }
}

async function* untilAborted({ signal }: Ctx, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    throwIfAborted(signal);
    yield chunk;
  }
}
