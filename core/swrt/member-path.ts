/**
 * Which member names a package may have, in one normal form: relative, `/` between, no `.`, no trailing slash.
 * Knows nothing of tar. Tests: test/unit/core/swrt/member-tree.test.ts
 */
import { memberInvalid } from "#core/swrt/package-error.ts";

// Linux's PATH_MAX: a longer name could be listed but never extracted.
const MAX_PATH_BYTES = 4096;

/**
 * The normal form of a member's name; the archive's root (`/`, `.`, `./`) is the empty string.
 * A backslash is an ordinary character here, as on every system we extract on, unless it would leave the
 * target for a reader that takes it as a separator.
 * @throws SwError PACKAGE_INVALID for absolute names, `..`, NUL, lone surrogates and names too long to exist.
 */
export function memberPath(name: string): string {
  if (name === "/") return "";
  if (name === "") throw memberInvalid(name, "has no name");
  if (name.includes("\0")) throw memberInvalid(name, "has a NUL in its name");
  if (!name.isWellFormed()) throw memberInvalid(name, "has a name that is not valid Unicode");
  if (/^([/\\]|[A-Za-z]:[/\\])/.test(name)) throw memberInvalid(name, "has an absolute name");
  if (name.split(/[/\\]/).includes("..")) throw memberInvalid(name, "has `..` in its name");
  if (Buffer.byteLength(name) > MAX_PATH_BYTES) throw memberInvalid(`${name.slice(0, 60)}…`, "has a name too long");
  return name
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/** All folders above a normal path, outermost first: `a/b/c` gives `a`, `a/b`. */
export function parentPaths(path: string): string[] {
  const parents: string[] = [];
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) parents.push(path.slice(0, at));
  return parents;
}

/** The name as it stands in the archive: folders end in `/`. */
export const storedName = (entry: { path: string; type: string }): string =>
  entry.type === "dir" ? `${entry.path}/` : entry.path;

/** The entries in the byte order of their stored names (what `LC_ALL=C sort` gives), so parents precede children. */
export function sortedByName<T extends { path: string; type: string }>(entries: readonly T[]): T[] {
  return entries
    .map((entry) => ({ entry, key: Buffer.from(storedName(entry)) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ entry }) => entry);
}
