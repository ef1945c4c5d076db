/**
 * The packages of a lock that lies beside the yaml already: the solver keeps to them where it can. Only our exact lock
 * says which they are. Tests: test/e2e/lock-conda.test.ts
 */

import { specName } from "#core/conda/engine-error.ts";
import { EXPLICIT_LOCK_FILE, parseExplicit } from "#core/conda/explicit-lock.ts";
import type { CondaRecord } from "#core/conda/record.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";

/** By conda's name of the platform. */
export type KeptPackages = Readonly<Record<string, readonly CondaRecord[]>>;

/**
 * @param dir the folder that `.starwhale` is in
 * @param except packages that are free to move
 * @throws SwError PACKAGE_INVALID, FORMAT_TOO_NEW
 */
export async function readKeptPackages(dir: string, except: readonly string[] = []): Promise<KeptPackages> {
  const text = await readTextIfAny(`${dir}/${EXPLICIT_LOCK_FILE}`);
  if (text === undefined) return {};
  const free = new Set(except.map(specName));
  const platforms = Object.entries(parseExplicit(text).platforms);
  return Object.fromEntries(platforms.map(([subdir, all]) => [subdir, all.filter(({ name }) => !free.has(name))]));
}
