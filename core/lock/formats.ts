/**
 * `--pre`, `--no-binary` and `--only-binary` in a lock: told to uv by variables; and since an installer takes what has
 * a listed hash, only hashes of the wanted kind are listed. Pure. Tests: test/unit/core/lock/resolve.test.ts
 */
import type { LockEntry } from "#core/lock/export.ts";
import { type LockedPackage, lockedFileName } from "#core/lock/uv-lock.ts";
import { normalizeName } from "#core/lock/wheel-name.ts";

export interface Formats {
  pre: boolean;
  /** pip's words: names, `:all:`, `:none:`, in order. */
  noBinary: readonly string[];
  onlyBinary: readonly string[];
}

export const hasFormats = ({ noBinary, onlyBinary }: Formats): boolean => noBinary.length + onlyBinary.length > 0;

/** Variables for uv. */
export const formatEnv = ({ pre, noBinary, onlyBinary }: Formats): Record<string, string> => ({
  ...(pre ? { UV_PRERELEASE: "allow" } : {}),
  ...listEnv("UV_NO_BINARY", noBinary),
  ...listEnv("UV_NO_BUILD", onlyBinary),
});

function listEnv(name: string, list: readonly string[]): Record<string, string> {
  const live = liveItems(list);
  if (live.includes(":all:")) return { [name]: "1" };
  return live.length > 0 ? { [`${name}_PACKAGE`]: live.join(" ") } : {};
}

/** `:none:` empties what stands before it. */
const liveItems = (list: readonly string[]) => list.slice(list.lastIndexOf(":none:") + 1);

/** Whether such a list means this package. */
export function meansPackage(list: readonly string[], name: string): boolean {
  const live = liveItems(list);
  return live.includes(":all:") || live.some((item) => normalizeName(item) === name);
}

/** Entries without the hashes of files that the user does not want. */
export function keepFormats(
  entries: readonly LockEntry[],
  packages: ReadonlyMap<string, LockedPackage>,
  formats: Formats,
): LockEntry[] {
  return entries.map((entry) => {
    const locked = packages.get(entry.spec);
    if (!locked) return entry;
    const noWheels = meansPackage(formats.noBinary, entry.name) && locked.sdist?.hash !== undefined;
    const noSource = meansPackage(formats.onlyBinary, entry.name) && locked.wheels.length > 0;
    if (noWheels === noSource) return entry;
    const files = noWheels ? [locked.sdist] : locked.wheels;
    const hashes = files.flatMap((file) => (file?.hash && lockedFileName(file) !== "" ? [file.hash] : []));
    return hashes.length > 0 ? { ...entry, hashes: hashes.sort() } : entry;
  });
}
