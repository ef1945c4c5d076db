/**
 * One copy of equal bytecode for all environments: sources are links of one file, and so may be what was compiled of them.
 * A pool of hard links in `<store>/bytecode/`; what only the pool still holds is swept. Tests: test/e2e/env.test.ts
 */
import { link, mkdir, readdir, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "pathe";
import type { Ctx } from "#core/context.ts";
import { hashFile } from "#core/env/hash-file.ts";
import { errno, throwIfAborted } from "#core/errors.ts";
import { namesIn } from "#core/platform/folder.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";

const pool = (ctx: Ctx) => `${ctx.paths.store}/bytecode`;

/** Every compiled file below a folder. Links that can't be made (a limit, another disk) are not needed. */
export async function shareBytecode(ctx: Ctx, folder: string): Promise<void> {
  throwIfAborted(ctx.signal);
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) await shareBytecode(ctx, path);
    else if (entry.isFile() && entry.name.endsWith(".pyc")) await shareOne(ctx, path);
  }
}

async function shareOne(ctx: Ctx, path: string): Promise<void> {
  const { nlink, size } = await stat(path);
  if (nlink > 1) return;
  const digest = await hashFile(path, size);
  const kept = `${pool(ctx)}/${digest.slice(0, 2)}/${digest}.pyc`;
  const temp = `${path}.${process.pid}`;
  try {
    await link(kept, temp);
    // Somebody may have written into it: through one environment it reaches all.
    if ((await hashFile(temp, size)) === digest) await rename(temp, path);
    else await removeFile(kept);
  } catch (e) {
    if (errno(e) === "ENOENT") await giveToPool(path, kept);
    else if (errno(e) === undefined) throw e;
  } finally {
    await removeFile(temp);
  }
}

async function giveToPool(path: string, kept: string): Promise<void> {
  try {
    await mkdir(dirname(kept), { recursive: true });
    await link(path, kept);
  } catch (e) {
    if (errno(e) === undefined) throw e;
  }
}

/** Removes what no environment has any more. */
export async function sweepBytecode(ctx: Ctx): Promise<void> {
  for (const folder of await namesIn(pool(ctx))) {
    for (const name of await namesIn(`${pool(ctx)}/${folder}`)) {
      const path = `${pool(ctx)}/${folder}/${name}`;
      const info = await stat(path).catch(() => undefined);
      if (info?.nlink === 1) await unlink(path);
    }
  }
}
