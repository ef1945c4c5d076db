/**
 * The members of a package in the order and shape that every reader takes: the Java server wants `_manifest.yaml` first,
 * people expect the three folders. Knows nothing of bytes. Tests: test/unit/core/swrt/package-tree.test.ts
 */
import { memberPath, parentPaths, sortedByName } from "#core/swrt/member-path.ts";
import { checkMembers } from "#core/swrt/member-tree.ts";
import { memberInvalid } from "#core/swrt/package-error.ts";
import { type TarEntry, textMember } from "#core/swrt/tar-writer.ts";

/** One path of a runtime version, without its bytes. */
export interface TreeEntry {
  path: string;
  mode: number;
  type: "file" | "dir" | "symlink";
  size: number;
  /** Files only. */
  sha256?: string;
  /** Symlinks only. */
  link?: string;
}

export const MANIFEST_NAME = "_manifest.yaml";

// The Python client makes them also when they are empty.
const ALWAYS_THERE = ["dependencies", "files", "wheels"];

/**
 * What `tarChunks` takes for a version: the manifest, then all entries sorted by bytes, with every folder above them.
 * @throws SwError PACKAGE_INVALID when our own reader would refuse the outcome.
 */
export function packageEntries(
  manifestText: string,
  entries: readonly TreeEntry[],
  openBlob: (sha256: string) => AsyncIterable<Uint8Array>,
): TarEntry[] {
  return [
    textMember(MANIFEST_NAME, manifestText),
    ...withStandardFolders(entries).map((entry) => tarEntry(entry, openBlob)),
  ];
}

/** The canonical tree with the three folders that every package has. */
export function withStandardFolders(entries: readonly TreeEntry[]): TreeEntry[] {
  const folders = new Set(entries.filter(({ type }) => type === "dir").map(({ path }) => memberPath(path)));
  const standard = ALWAYS_THERE.filter((path) => !folders.has(path));
  return canonicalTree([...entries, ...standard.map(folder)]);
}

/** The reverse: without those of the three that are empty, so that a tree read back is the one that was written. */
export function withoutStandardFolders(entries: readonly TreeEntry[]): TreeEntry[] {
  const isEmpty = (path: string) => !entries.some((entry) => entry.path.startsWith(`${path}/`));
  return entries.filter((entry) => !(entry.type === "dir" && ALWAYS_THERE.includes(entry.path) && isEmpty(entry.path)));
}

/**
 * The same entries in one form: normal paths, missing parent folders added, sorted by the bytes of their stored names.
 * @throws SwError PACKAGE_INVALID when they don't fit together or take the manifest's place.
 */
export function canonicalTree(entries: readonly TreeEntry[]): TreeEntry[] {
  const normal = entries.map((entry) => ({ ...entry, path: memberPath(entry.path) }));
  if (normal.some((entry) => entry.path === "")) throw memberInvalid("/", "is the root, which is never stored");
  checkMembers([{ path: MANIFEST_NAME, type: "file" }, ...normal]);
  const known = new Set(normal.map((entry) => entry.path));
  const missing = new Set(normal.flatMap((entry) => parentPaths(entry.path)).filter((path) => !known.has(path)));
  return sortedByName([...normal, ...[...missing].map(folder)]);
}

const folder = (path: string): TreeEntry => ({ path, mode: 0o755, type: "dir", size: 0 });

function tarEntry(entry: TreeEntry, openBlob: (sha256: string) => AsyncIterable<Uint8Array>): TarEntry {
  const { path, mode, type, size, sha256, link } = entry;
  if (type === "symlink") return { path, mode, type, size: 0, link };
  if (type === "dir") return { path, mode, type, size: 0 };
  if (sha256 === undefined) throw new Error(`no digest given for ${path}`);
  return { path, mode, type, size, open: () => openBlob(sha256) };
}
