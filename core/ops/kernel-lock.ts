/** Names of what a version's locks install. Tests: test/e2e/kernel.test.ts */
import type { Ctx } from "#core/context.ts";
import { readBlobText } from "#core/store/blobs.ts";
import { readVersion } from "#core/store/versions.ts";

/** Normalised; of requirement locks by their lines, of conda locks by the packages' file names. */
export async function lockDistributions(ctx: Ctx, versionId: string): Promise<string[]> {
  const version = await readVersion(ctx, versionId);
  const locks = version.entries.filter(({ path, sha256 }) => sha256 && path.startsWith("dependencies/"));
  const texts = await Promise.all(locks.map(({ sha256 }) => readBlobText(ctx, sha256 ?? "")));
  return texts.flatMap((text) =>
    [...text.matchAll(/(?:^|\/|name: )([A-Za-z0-9][A-Za-z0-9._-]*?)(?:==|-\d|\s*$)/gm)].map(([, name = ""]) =>
      name.toLowerCase(),
    ),
  );
}
