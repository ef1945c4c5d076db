/**
 * Writable environments that go: on request, or because nobody can come back to them (made for a shell that has ended, or
 * never made to the end). What has a name stays whatever its age. Tests: test/e2e/writable-sweep.test.ts
 */
import { statSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import { busyWhy, type EnvFacts } from "#core/env/env-policy.ts";
import { isInFlight, lastUse, usePath } from "#core/env/last-use.ts";
import { closeToShells, doorOf, lastEntered } from "#core/env/live-shells.ts";
import {
  isOrphan,
  readWritable,
  useKey,
  type Writable,
  writableFolder,
  writableLock,
  writablePrefix,
  writableRecord,
  writableSign,
} from "#core/env/writable.ts";
import { NO_USAGE } from "#core/platform/disk-usage.ts";
import { tryFileLock, withFileLock } from "#core/platform/file-lock.ts";
import { isFolder, namesIn } from "#core/platform/folder.ts";
import { removeFile, removeTree } from "#core/platform/fs-atomic.ts";

/** Those that nobody can come back to; `ofMakers` are the prefixes that living operations make. */
export async function lostWritables(ctx: Ctx, ofMakers: ReadonlySet<string>): Promise<EnvFacts[]> {
  const found = (await namesIn(writableFolder(ctx))).map((name) => factsOf(ctx, name, ofMakers));
  return (await Promise.all(found)).filter((facts) => facts !== undefined);
}

async function factsOf(ctx: Ctx, name: string, ofMakers: ReadonlySet<string>): Promise<EnvFacts | undefined> {
  const path = writablePrefix(ctx, name);
  if (!(await isFolder(path))) return undefined;
  const record = await readWritable(ctx, name);
  if (record && !isOrphan(record)) return undefined;
  return {
    path,
    key: useKey(name),
    whole: record !== undefined,
    ended: true,
    needed: true,
    busy: busyWhy({ made: ofMakers.has(writablePrefix(ctx, makerOf(name))), inFlight: isInFlight(ctx, useKey(name)) }),
    lastUse: record ? await lastUseOf(ctx, record) : (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0),
    usage: NO_USAGE,
  };
}

/** What is there while one is made anew belongs to that. */
const makerOf = (name: string) => name.replace(/\.old$/, "");

/** Unix ms. */
export const lastUseOf = async (ctx: Ctx, { name, prefix, created_at }: Writable): Promise<number> =>
  Math.max(lastUse(ctx, { key: useKey(name), created_at }), await lastEntered(ctx, prefix));

/** False when somebody makes it or goes into it right now, or has since `seen` was read. */
export async function sweepWritable(ctx: Ctx, seen: EnvFacts): Promise<boolean> {
  const name = seen.path.slice(seen.path.lastIndexOf("/") + 1);
  const lock = tryFileLock(writableLock(ctx, makerOf(name)));
  if (!lock) return false;
  try {
    // Who made or opened it meanwhile did so under the lock, and has noted the use.
    const now = await factsOf(ctx, name, new Set());
    if (!now || now.busy || now.lastUse > seen.lastUse || !(await closeToShells(ctx, seen.path))) return false;
    await drop(ctx, name);
    return true;
  } finally {
    lock.release();
  }
}

/** False when a shell has just gone in. */
export async function removeWritable(ctx: Ctx, { name }: Writable, force: boolean): Promise<boolean> {
  return await withFileLock(writableLock(ctx, name), ctx.signal, async () => {
    if (!(await closeToShells(ctx, writablePrefix(ctx, name))) && !force) return false;
    await drop(ctx, name);
    return true;
  });
}

/** Sign and record go first, so that nobody takes half of it for whole. */
async function drop(ctx: Ctx, name: string): Promise<void> {
  await removeFile(writableSign(writablePrefix(ctx, name)));
  await removeFile(writableRecord(ctx, name));
  await removeFile(usePath(ctx, useKey(name)));
  await removeTree(writablePrefix(ctx, name));
  await removeTree(doorOf(ctx, writablePrefix(ctx, name)));
}
