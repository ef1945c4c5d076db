/**
 * Packages of the Python client become versions of our store when their content is first needed; until then they are
 * names, sizes and times (ref-overlay.ts). Their files are read, never changed. Tests: test/e2e/adopt.test.ts
 */
import { createReadStream } from "node:fs";
import type { Ctx } from "#core/context.ts";
import { findForeign } from "#core/store/foreign.ts";
import { withLease } from "#core/store/leases.ts";
import type { Version } from "#core/store/tree-records.ts";

/**
 * The version made from the other client's file; undefined when there is none.
 * @throws PACKAGE_INVALID when the file is no sound package of that version
 */
export async function adoptVersion(ctx: Ctx, id: string): Promise<Version | undefined> {
  const file = findForeign(ctx, id);
  if (file === undefined) return undefined;
  // Loaded late: whoever adopts nothing need not load the readers of archives and manifests.
  const { takePackage } = await import("#core/store/take-package.ts");
  ctx.report.log(`taking ${file} into the store`);
  const take = async (own: Ctx) => (await takePackage(own, createReadStream(file), id)).version;
  return ctx.lease === undefined ? await withLease(ctx, take) : await take(ctx);
}
