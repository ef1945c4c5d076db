/**
 * The store's format, in a file of one number: a store that a newer swcli has changed is refused, never guessed at.
 * Tests: test/unit/core/store/format.test.ts
 */
import { readFileSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { isSame, type Stamp, stampOf } from "#core/platform/stamp.ts";

/** Raised only when an older swcli would misread what a newer one wrote; parts have numbers of their own. */
export const STORE_FORMAT = 1;

const formatPath = (ctx: Pick<Ctx, "paths">) => `${ctx.paths.store}/format`;

/**
 * Asked before each call. A store without the file is a new one, or older than the file.
 * @param create for calls that may write: a store says its format from its first write on
 * @throws FORMAT_TOO_NEW
 */
export async function requireFormat(ctx: Pick<Ctx, "paths" | "memo">, create: boolean): Promise<void> {
  const path = formatPath(ctx);
  const stamp = stampOf(path);
  if (stamp !== undefined) {
    if (isSame(ctx.memo.get<Stamp>(path), stamp)) return;
    refuseNewer(readFormat(path), path);
    ctx.memo.set(path, stamp);
  } else if (create) {
    // Exclusive: a newer swcli may be making its own store at this moment.
    const made = await writeFileAtomic(path, `${STORE_FORMAT}\n`, { exclusive: true });
    if (!made) refuseNewer(readFormat(path), path);
  }
}

function readFormat(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return String(STORE_FORMAT);
  }
}

function refuseNewer(text: string, path: string): void {
  const format = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (format >= 1 && format <= STORE_FORMAT) return;
  if (Number.isNaN(format) || format < 1) {
    throw new SwError("STORE_DAMAGED", `${path} does not hold the number of a format`, {
      hint: `Write ${STORE_FORMAT} into it, unless a newer swcli has used this store.`,
    });
  }
  throw new SwError("FORMAT_TOO_NEW", `the store has format ${format}, this swcli reads ${STORE_FORMAT}`, {
    hint: "Use a newer swcli, or another store: SW_LOCAL_STORAGE.",
    detail: { format, path },
  });
}
