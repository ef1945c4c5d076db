/**
 * The sweeping half of gc: removes trees, blobs and leftovers that the marks do not hold. Runs under the exclusive lock.
 * Tests: test/unit/core/store/gc.test.ts
 */
import { lstat, rmdir } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { namesIn } from "#core/platform/folder.ts";
import { removeFile, removeTree } from "#core/platform/fs-atomic.ts";
import { type FanFile, listFanOut } from "#core/store/fan-out.ts";
import type { Marks } from "#core/store/gc-mark.ts";
import { sweepKept } from "#core/store/kept.ts";

export interface Swept {
  count: number;
  bytes: number;
}

export interface SweptStore {
  trees: Swept;
  blobs: Swept;
  /** Of operations that died. */
  leftovers: Swept;
}

export async function sweepStore(ctx: Ctx, marks: Marks, dryRun: boolean): Promise<SweptStore> {
  const { trees, blobs } = marks;
  const sweep = { before: marks.youngerThan, dryRun };
  // Half-written content comes without a lock: of operations that began since the marking it is none of ours.
  const leftovers = await sweepLeftovers(ctx, { ...sweep, before: Math.min(sweep.before, marks.at) });
  // Links to wheels go before the wheels, whose bytes they would keep.
  if (!dryRun) await sweepWheelLinks(ctx, blobs);
  const swept = {
    trees: await sweepFiles(ctx.paths.trees, sweep, (name) => trees.has(name.slice(0, name.indexOf(".")))),
    blobs: await sweepFiles(ctx.paths.blobs, sweep, (name) => blobs.has(name)),
    leftovers,
  };
  if (!dryRun) await sweepKept(ctx, marks.youngerThan);
  return swept;
}

interface Sweep {
  /** Unix ms: what is as young belongs to an operation that runs. */
  before: number;
  dryRun: boolean;
}

async function sweepFiles(dir: string, sweep: Sweep, isHeld: (name: string) => boolean): Promise<Swept> {
  const found = (await listFanOut(dir)).filter(({ name }) => !isHeld(name));
  const gone = await Promise.all(found.map((file) => sweepFile(file, sweep)));
  if (!sweep.dryRun) await dropEmptyFolders(found);
  return sum(gone);
}

async function sweepFile({ path }: FanFile, { before, dryRun }: Sweep): Promise<number | undefined> {
  const info = await statIfAny(path);
  if (!info || info.ctimeMs >= before) return undefined;
  if (!dryRun) await removeFile(path);
  return info.size;
}

const sum = (sizes: readonly (number | undefined)[]): Swept => {
  const gone = sizes.filter((size) => size !== undefined);
  return { count: gone.length, bytes: gone.reduce((total, size) => total + size, 0) };
};

/** An empty folder says nothing; one that got a file meanwhile stays. */
async function dropEmptyFolders(files: readonly FanFile[]): Promise<void> {
  for (const folder of new Set(files.map(({ path }) => path.slice(0, path.lastIndexOf("/"))))) {
    await rmdir(folder).catch((e: unknown) => {
      if (errno(e) !== "ENOTEMPTY" && errno(e) !== "EEXIST" && errno(e) !== "ENOENT") throw e;
    });
  }
}

/** What operations that died left half-written: all that is older than `before`. */
export async function sweepLeftovers(ctx: Ctx, { before, dryRun }: Sweep): Promise<Swept> {
  const names = await namesIn(ctx.paths.ingest);
  const sizes = names.map(async (name) => {
    const path = `${ctx.paths.ingest}/${name}`;
    const info = await statIfAny(path);
    if (!info || info.ctimeMs >= before) return undefined;
    if (!dryRun) await removeTree(path);
    return info.size;
  });
  return sum(await Promise.all(sizes));
}

async function sweepWheelLinks(ctx: Ctx, blobs: ReadonlySet<string>): Promise<void> {
  const dir = `${ctx.paths.cache}/wheels`;
  for (const digest of await namesIn(dir)) if (!blobs.has(digest)) await removeTree(`${dir}/${digest}`);
}

async function statIfAny(path: string) {
  try {
    return await lstat(path);
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return undefined;
  }
}
