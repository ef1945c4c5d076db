/**
 * Files that a bundle brought for a version (wheels and conda packages of its lock): a record beside the version names
 * them, so that gc keeps their contents as long as the version. Knows nothing of what they are for; losing the record
 * costs downloads. Tests: test/e2e/bundle.test.ts, test/e2e/bundle-kept.test.ts
 */
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { withFileLock } from "#core/platform/file-lock.ts";
import { readTextIfAny, removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { unswept } from "#core/store/gc-lock.ts";

const CarriedSchema = v.looseObject({
  format: v.number(),
  /** `wheels/NAME`, `conda/SUBDIR/NAME`. */
  files: v.array(v.object({ path: v.string(), sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) })),
});

export type CarriedFile = v.InferOutput<typeof CarriedSchema>["files"][number];

const FORMAT = 1;

/** Of the names of records; what stands before it is the version's id. */
export const CARRIED_ENDING = ".bundle.json";

const recordPath = (ctx: Ctx, id: string): string => `${ctx.paths.trees}/${id.slice(0, 2)}/${id}${CARRIED_ENDING}`;

/** @throws STORE_DAMAGED, FORMAT_TOO_NEW */
export async function readCarried(ctx: Ctx, id: string): Promise<CarriedFile[]> {
  return await readCarriedAt(recordPath(ctx, id));
}

/** The same by the record's own path. */
export async function readCarriedAt(path: string): Promise<CarriedFile[]> {
  const text = await readTextIfAny(path);
  if (text === undefined) return [];
  const record = parseRecord(text, path);
  if (record.format <= FORMAT) return record.files;
  throw new SwError("FORMAT_TOO_NEW", `${path} was written by a newer swcli`, {
    hint: "Use that swcli or a newer one.",
  });
}

function parseRecord(text: string, path: string): v.InferOutput<typeof CarriedSchema> {
  try {
    return v.parse(CarriedSchema, JSON.parse(text));
  } catch (cause) {
    throw new SwError("STORE_DAMAGED", `${path} can't be read`, {
      hint: "`swcli doctor --store` sets it aside; then import the bundle again, or use the runtime with a network.",
      cause,
    });
  }
}

/** Bundles of several platforms may come one after the other. Their contents must be in the store already. */
export async function addCarried(ctx: Ctx, id: string, files: readonly CarriedFile[]): Promise<void> {
  if (files.length === 0) return;
  await unswept(ctx, async () => {
    await withFileLock(lockPath(ctx), ctx.signal, async () => {
      const all = new Map([...(await readCarried(ctx, id)), ...files].map((file) => [keyOf(file), file]));
      const sorted = [...all.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      await writeRecord(recordPath(ctx, id), sorted);
    });
  });
}

/** The record at `path` without one content; none when that was the last. */
export async function dropCarried(ctx: Ctx, path: string, sha256: string): Promise<void> {
  await withFileLock(lockPath(ctx), ctx.signal, async () => {
    const left = (await readCarriedAt(path)).filter((file) => file.sha256 !== sha256);
    if (left.length > 0) await writeRecord(path, left);
    else await removeFile(path);
  });
}

/** Of the version that a record belongs to; undefined for other files. */
export const carriedId = (path: string): string | undefined =>
  path.endsWith(CARRIED_ENDING) ? path.slice(path.lastIndexOf("/") + 1, -CARRIED_ENDING.length) : undefined;

const lockPath = (ctx: Ctx): string => `${ctx.paths.locks}.carried.lock`;

const writeRecord = async (path: string, files: readonly CarriedFile[]) =>
  await writeFileAtomic(path, `${JSON.stringify({ format: FORMAT, files }, null, 1)}\n`);

const keyOf = ({ path, sha256 }: CarriedFile): string => `${path} ${sha256}`;
