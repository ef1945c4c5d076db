/**
 * Brings a lost or damaged content back from where this machine may still have it: a package file of the Python client,
 * an extracted runtime in its usual place; then from the server that it came from. Only bytes with the right digest count.
 * Tests: test/e2e/doctor.test.ts, test/e2e/doctor-refetch.test.ts
 */
import { existsSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import type { Refetch } from "#core/ops/refetch-version.ts";
import { sha256File } from "#core/platform/digest.ts";
import { adoptVersion } from "#core/store/adopt.ts";
import { hasBlob, putBlobFile } from "#core/store/blobs.ts";
import type { RuntimeRef } from "#core/store/ref.ts";
import type { Version } from "#core/store/versions.ts";
import { MANIFEST_NAME } from "#core/swrt/package-tree.ts";

/** @param refs the names under which the versions were extracted, if ever */
export async function restoreBlob(
  ctx: Ctx,
  sha256: string,
  { users, refs, refetch }: { users: readonly Version[]; refs: readonly RuntimeRef[]; refetch: Refetch },
): Promise<boolean> {
  for (const version of users) {
    await adopted(ctx, version.id);
    if (await hasBlob(ctx, sha256)) return true;
    for (const path of extractedPaths(ctx, version, { sha256, refs })) {
      if ((await sha256File(path)).hex !== sha256) continue;
      await putBlobFile(ctx, path);
      if (await hasBlob(ctx, sha256)) return true;
    }
  }
  for (const { id } of users) {
    await refetch(id);
    if (await hasBlob(ctx, sha256)) return true;
  }
  return false;
}

async function adopted(ctx: Ctx, id: string): Promise<void> {
  try {
    await adoptVersion(ctx, id);
  } catch (e) {
    // Their file may be damaged as well.
    if (!(e instanceof SwError)) throw e;
  }
}

function extractedPaths(
  ctx: Ctx,
  version: Version,
  { sha256, refs }: { sha256: string; refs: readonly RuntimeRef[] },
): string[] {
  const members = version.entries.filter((entry) => entry.sha256 === sha256).map((entry) => entry.path);
  if (version.manifest === sha256) members.push(MANIFEST_NAME);
  const places = refs
    .filter((ref) => ref.versions.some(({ id }) => id === version.id))
    .map(({ project, name }) => `${ctx.paths.root}/${project}/workdir/runtime/${name}/${version.id.slice(0, 2)}`);
  return places
    .flatMap((place) => members.map((member) => `${place}/${version.id}/${member}`))
    .filter((path) => existsSync(path));
}
