/**
 * Checks the content of the store: every blob is hashed again; one that is not what its name says is moved to
 * `quarantine/`, so that nobody uses it and it can come back whole. Knows nothing of versions.
 * Tests: test/e2e/doctor.test.ts
 */
import { mkdir, rename } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { errno, throwIfAborted } from "#core/errors.ts";
import { sha256File } from "#core/platform/digest.ts";
import { namesIn } from "#core/platform/folder.ts";
import { blobPath } from "#core/store/blobs.ts";

export interface CheckedBlobs {
  count: number;
  bytes: number;
  /** Digests of blobs that were damaged, with where they lie now. */
  damaged: { sha256: string; quarantined: string }[];
}

const PROGRESS_EVERY = 50;

export async function checkBlobs(ctx: Ctx): Promise<CheckedBlobs> {
  const digests = await listBlobs(ctx);
  const checked: CheckedBlobs = { count: 0, bytes: 0, damaged: [] };
  for (const sha256 of digests) {
    throwIfAborted(ctx.signal);
    if (checked.count % PROGRESS_EVERY === 0) {
      ctx.report.progress({ step: "blobs", text: "Checking contents", done: checked.count, total: digests.length });
    }
    await checkBlob(ctx, sha256, checked);
  }
  return checked;
}

async function checkBlob(ctx: Ctx, sha256: string, checked: CheckedBlobs): Promise<void> {
  try {
    const { hex, size } = await sha256File(blobPath(ctx, sha256));
    checked.count += 1;
    checked.bytes += size;
    if (hex !== sha256) checked.damaged.push({ sha256, quarantined: await quarantine(ctx, blobPath(ctx, sha256)) });
  } catch (e) {
    // gc may have been quicker.
    if (errno(e) !== "ENOENT") throw e;
  }
}

/** Every name of a blob; what has another name is none of ours and stays unseen. */
async function listBlobs(ctx: Ctx): Promise<string[]> {
  const folders = await namesIn(ctx.paths.blobs);
  const names = await Promise.all(folders.map((folder) => namesIn(`${ctx.paths.blobs}/${folder}`)));
  return names
    .flat()
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .sort();
}

/** Moves a damaged file of the store out of the way; its new path. */
export async function quarantine(ctx: Ctx, path: string): Promise<string> {
  const target = `${ctx.paths.quarantine}/${path.slice(path.lastIndexOf("/") + 1)}.${ctx.clock.now()}`;
  await mkdir(ctx.paths.quarantine, { recursive: true });
  await rename(path, target);
  return target;
}
