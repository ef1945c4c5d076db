/**
 * The folder of unpacked conda packages that rattler's tools share, where and as rattler names it.
 * Tests: test/e2e/drift-conda.test.ts
 */
import { randomBytes } from "node:crypto";
import { rename } from "node:fs/promises";
import type { CondaRecord } from "#core/conda/record.ts";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import type { Env } from "#core/platform/env.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";
import { homeDir } from "#core/platform/paths.ts";

/** As `default_cache_dir` of the crate rattler has it. */
export function packageCache(env: Env): string {
  if (env.RATTLER_CACHE_DIR) return `${env.RATTLER_CACHE_DIR}/pkgs`;
  if (process.platform === "darwin") return `${homeDir(env)}/Library/Caches/rattler/cache/pkgs`;
  return `${env.XDG_CACHE_HOME || `${homeDir(env)}/.cache`}/rattler/cache/pkgs`;
}

/** What is linked from there stays; the next install fetches the packages again. */
export async function forgetPackages(ctx: Ctx, records: readonly CondaRecord[]): Promise<void> {
  for (const { fn } of records) {
    const folder = `${packageCache(ctx.env)}/${fn.replace(/\.(conda|tar\.bz2)$/, "")}`;
    const away = `${folder}.${randomBytes(6).toString("hex")}.gone`;
    try {
      // In one step: somebody may be linking from it.
      await rename(folder, away);
    } catch (e) {
      if (errno(e) !== "ENOENT") throw e;
      continue;
    }
    await removeTree(away);
  }
}
