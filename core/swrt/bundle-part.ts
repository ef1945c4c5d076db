/**
 * The part of a package file that is no part of the version: a bundle carries below `bundle/` the files that its lock names.
 * Who reads such a file as a package must not count them. Pure. Tests: test/unit/core/swrt/bundle-part.test.ts
 */
import type { TreeEntry } from "#core/swrt/package-tree.ts";

export const BUNDLE_FOLDER = "bundle";
export const BUNDLE_INDEX = `${BUNDLE_FOLDER}/index.json`;

export interface PackageParts {
  /** The version's own tree. */
  own: TreeEntry[];
  /** Empty for a package that is no bundle. */
  bundle: TreeEntry[];
}

/** Without an index a folder of that name is the package's own affair. */
export function splitBundle(entries: readonly TreeEntry[]): PackageParts {
  const isBundle = entries.some(({ path, type }) => path === BUNDLE_INDEX && type === "file");
  const isPart = ({ path }: TreeEntry) => isBundle && (path === BUNDLE_FOLDER || path.startsWith(`${BUNDLE_FOLDER}/`));
  return { own: entries.filter((entry) => !isPart(entry)), bundle: entries.filter(isPart) };
}
