/** Every hash that a version's locks name, and those of the conda engine of this swcli. Tests: test/e2e/bundle.test.ts */
import { parseExplicit } from "#core/conda/explicit-lock.ts";
import type { Ctx } from "#core/context.ts";
import { engineRequirement } from "#core/engines/rattler.ts";
import { recipeOf } from "#core/env/recipe.ts";
import { parseExport } from "#core/lock/export.ts";
import { readBlobText } from "#core/store/blobs.ts";
import type { Version } from "#core/store/versions.ts";

/** `sha256:…` and its like. */
export async function lockedHashes(ctx: Ctx, version: Version): Promise<Set<string>> {
  const { requirements, conda } = await recipeOf(ctx, version);
  const texts = requirements === undefined ? [] : [await readBlobText(ctx, requirements)];
  const hashes = [...texts, ...(conda ? [engineRequirement()] : [])].flatMap((text) =>
    parseExport(text).flatMap((entry) => entry.hashes),
  );
  return new Set([...hashes, ...(conda ? condaHashes(await readBlobText(ctx, conda)) : [])]);
}

function condaHashes(text: string): string[] {
  const records = Object.values(parseExplicit(text).platforms).flat();
  return records.map(({ sha256, md5 }) => (sha256 !== undefined ? `sha256:${sha256}` : `md5:${md5}`));
}
