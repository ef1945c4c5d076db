/**
 * Versions as verbs need them: the record, and for a package that the Python client left, the record made from it when
 * its content is first needed. Tests: test/unit/core/store/versions.test.ts, test/e2e/adopt.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { adoptVersion } from "#core/store/adopt.ts";
import { readVersionIfAny, type Version } from "#core/store/tree-records.ts";

export {
  type Entry,
  isComplete,
  keepVersion,
  type NewVersion,
  putVersion,
  readVersionIfAny,
  TREE_FORMAT,
  type Version,
  versionId,
} from "#core/store/tree-records.ts";

/** @throws STORE_DAMAGED, FORMAT_TOO_NEW, PACKAGE_INVALID when another client's package is no sound one */
export async function readVersion(ctx: Ctx, id: string): Promise<Version> {
  const version = (await readVersionIfAny(ctx, id)) ?? (await adoptVersion(ctx, id));
  if (version) return version;
  throw new SwError("STORE_DAMAGED", `the store has lost the tree of version ${id}`, {
    hint: "Run `swcli doctor --store`; building or copying the runtime again restores it.",
  });
}
