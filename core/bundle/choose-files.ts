/**
 * Which files of a lock a machine of some platform may need: every wheel that fits its Python and its tags, so that an
 * installer there chooses as it would from the index; the source where there is no wheel.
 * Pure. Tests: test/unit/core/bundle/choose-files.test.ts
 */
import type { LocatedFile } from "#core/bundle/locate-files.ts";
import { SwError } from "#core/errors.ts";
import type { LockEntry } from "#core/lock/export.ts";
import type { PlatformName } from "#core/lock/platforms.ts";
import { fitsPython, fittingPlatforms, normalizeName, parseWheelName } from "#core/lock/wheel-name.ts";
import { markerMayHold } from "#core/venv/marker.ts";

export interface ChosenFile {
  file: LocatedFile;
  /** One of them must be the file's: what the lock and the index agree on, else all of the lock's entry. */
  hashes: readonly string[];
  /** The hashes are this file's own, and not those of all files of its package. */
  exact: boolean;
  /** Sorted. */
  platforms: PlatformName[];
}

export interface Choice {
  chosen: ChosenFile[];
  /** Packages that have no wheel for a platform: they are built when they are installed. */
  sources: string[];
}

interface ChoiceInput {
  entries: readonly LockEntry[];
  files: readonly LocatedFile[];
  minor: string;
  platforms: readonly PlatformName[];
}

/** @throws LOCK_FAILED when a package has neither */
export function chooseFiles({ entries, files, minor, platforms }: ChoiceInput): Choice {
  const chosen = new Map<string, ChosenFile>();
  const sources = new Set<string>();
  for (const entry of entries) {
    const own = files.filter((file) => isFileOf(file, entry));
    for (const platform of platforms.filter((name) => markerMayHold(entry.marker, minor, name))) {
      const found = filesFor(own, minor, platform);
      if (found.length === 0) throw noFile(entry, platform);
      if (!found.some(isWheel)) sources.add(entry.spec);
      for (const file of found) addChosen(chosen, { file, ...hashesOf(file, entry), platforms: [platform] });
    }
  }
  return { chosen: [...chosen.values()], sources: [...sources].sort() };
}

function hashesOf(file: LocatedFile, entry: LockEntry): Pick<ChosenFile, "hashes" | "exact"> {
  const own = file.hashes.filter((hash) => entry.hashes.includes(hash));
  return own.length > 0 ? { hashes: own, exact: true } : { hashes: entry.hashes, exact: false };
}

const kindOf = (hash: string): string => hash.slice(0, hash.indexOf(":"));

/** By hash; where the index says none of the lock's kind, by name and version, and the hash is looked at when it is here. */
function isFileOf(file: LocatedFile, entry: LockEntry): boolean {
  const kinds = new Set(entry.hashes.map(kindOf));
  if (file.hashes.some((hash) => kinds.has(kindOf(hash)))) return hashesOf(file, entry).exact;
  const wheel = parseWheelName(file.name);
  if (wheel) return `${wheel.name}==${wheel.version}` === entry.spec;
  const [, name = "", version = ""] = /^(.+)-([^-]+?)\.(?:tar\.\w+|tgz|zip)$/.exec(file.name) ?? [];
  return `${normalizeName(name)}==${version}` === entry.spec;
}

const isWheel = ({ name }: LocatedFile): boolean => name.endsWith(".whl");

/** Wheels for musl only where there is no other, as in locks. */
function filesFor(files: readonly LocatedFile[], minor: string, platform: PlatformName): LocatedFile[] {
  const fitting = files.filter(({ name }) => {
    const wheel = parseWheelName(name);
    return wheel !== undefined && fitsPython(wheel, minor) && fittingPlatforms(wheel, [platform]).length > 0;
  });
  const usual = fitting.filter(({ name }) => !/musllinux/.test(name));
  if (usual.length > 0) return usual;
  return fitting.length > 0 ? fitting : files.filter((file) => !isWheel(file)).slice(0, 1);
}

function addChosen(chosen: Map<string, ChosenFile>, one: ChosenFile): void {
  const known = chosen.get(one.file.name);
  if (!known) chosen.set(one.file.name, one);
  else known.platforms = [...new Set([...known.platforms, ...one.platforms])].sort();
}

const noFile = ({ spec, name }: LockEntry, platform: PlatformName) =>
  new SwError("LOCK_FAILED", `the index has no file of ${spec} for ${platform} with a hash of the lock`, {
    hint: "It was taken back or replaced there, or another index is asked than at the build. Lock and build again.",
    detail: { package: name, platform },
  });
