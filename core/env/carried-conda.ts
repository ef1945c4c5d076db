/** Conda packages that a bundle brought, for the engine: records whose addresses are files here. Tests: test/e2e/bundle-conda.test.ts */
import type { CondaRecord } from "#core/conda/record.ts";
import type { Ctx } from "#core/context.ts";
import { linkWheel } from "#core/env/wheel-links.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { fittingPlatforms, parseWheelName } from "#core/lock/wheel-name.ts";
import { hasBlob } from "#core/store/blobs.ts";
import type { CarriedFile } from "#core/store/carried-files.ts";

export async function carriedRecords(
  ctx: Ctx,
  records: readonly CondaRecord[],
  carried: readonly CarriedFile[],
): Promise<{ records: CondaRecord[]; engineLinks: string[] }> {
  const byPath = new Map(carried.map((file) => [file.path, file]));
  const local = records.map(async (record) => {
    const file = byPath.get(`conda/${record.subdir}/${record.fn}`);
    if (!file || !(await hasBlob(ctx, file.sha256))) return record;
    const folder = await linkWheel(ctx, { name: record.fn, sha256: file.sha256 });
    return { ...record, url: Bun.pathToFileURL(`${folder}/${record.fn}`).href };
  });
  const engines = carried.filter(isEngineHere).map(async ({ path, sha256 }) => {
    return await linkWheel(ctx, { name: path.slice(path.lastIndexOf("/") + 1), sha256 });
  });
  return { records: await Promise.all(local), engineLinks: await Promise.all(engines) };
}

function isEngineHere({ path }: CarriedFile): boolean {
  const wheel = path.startsWith("engine/") ? parseWheelName(path.slice("engine/".length)) : undefined;
  return wheel !== undefined && fittingPlatforms(wheel, [thisPlatform()]).length > 0;
}
