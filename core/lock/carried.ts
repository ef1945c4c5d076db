/**
 * Packages that a find-links folder of this machine serves: nobody else has them, so their wheels are hashed and
 * carried in the package. Tests: test/unit/core/lock/resolve.test.ts
 */
import { isAbsolute, join } from "pathe";
import { SwError } from "#core/errors.ts";
import type { LockEntry } from "#core/lock/export.ts";
import type { CarriedWheel } from "#core/lock/lock.ts";
import type { PlatformName } from "#core/lock/platforms.ts";
import { type LockedFile, type LockedPackage, lockedFileName } from "#core/lock/uv-lock.ts";
import { fittingPlatforms, parseWheelName } from "#core/lock/wheel-name.ts";
import { sha256File } from "#core/platform/digest.ts";

export interface CarryInput {
  entries: readonly LockEntry[];
  packages: ReadonlyMap<string, LockedPackage>;
  platforms: readonly PlatformName[];
  /** The project's folder: uv writes paths below it as relative ones. */
  dir: string;
}

export interface Carried {
  /** All entries; those that are carried have the hashes of their wheels now. */
  entries: LockEntry[];
  /** Names of entries that must stay out of the lock file. */
  names: Set<string>;
  wheels: CarriedWheel[];
}

/**
 * Hashes the wheels of every entry that a folder serves.
 * @throws SwError LOCK_FAILED when a folder has no fitting wheel of it.
 */
export async function carryWheels(input: CarryInput): Promise<Carried> {
  const out: Carried = { entries: [], names: new Set(), wheels: [] };
  for (const entry of input.entries) {
    const locked = entry.hashes.length === 0 && entry.kind === "named" ? input.packages.get(entry.spec) : undefined;
    if (!locked || !isServedByFolder(locked)) out.entries.push(entry);
    else await carryEntry(input, out, { entry, locked });
  }
  out.wheels.sort((a, b) => (a.path < b.path ? -1 : 1));
  return out;
}

const isServedByFolder = ({ wheels, sdist }: LockedPackage) =>
  [...wheels, ...(sdist ? [sdist] : [])].some((file) => file.path !== undefined);

async function carryEntry(
  input: CarryInput,
  out: Carried,
  { entry, locked }: { entry: LockEntry; locked: LockedPackage },
): Promise<void> {
  const chosen = chooseWheels(locked.wheels, input.platforms);
  if (chosen.length === 0) throw noWheel(entry, locked);
  const hashes: string[] = [];
  for (const file of chosen) {
    const path = isAbsolute(file.path ?? "") ? (file.path ?? "") : join(input.dir, file.path ?? "");
    const { hex } = await sha256File(path);
    out.wheels.push({ path, sha256: hex });
    hashes.push(`sha256:${hex}`);
  }
  out.names.add(entry.name);
  out.entries.push({ ...entry, hashes: hashes.sort() });
}

/** The wheels that the covered platforms need; those for musl only where there is no other. */
export function chooseWheels(wheels: readonly LockedFile[], platforms: readonly PlatformName[]): LockedFile[] {
  const chosen = new Set<LockedFile>();
  for (const platform of platforms) {
    const fitting = wheels.filter((file) => {
      const name = parseWheelName(lockedFileName(file));
      return name !== undefined && fittingPlatforms(name, [platform]).length > 0;
    });
    const usual = fitting.filter((file) => !/musllinux/.test(lockedFileName(file)));
    for (const file of usual.length > 0 ? usual : fitting) chosen.add(file);
  }
  return [...chosen];
}

function noWheel(entry: LockEntry, locked: LockedPackage): SwError {
  const file = lockedFileName(locked.sdist ?? {});
  return new SwError("LOCK_FAILED", `${entry.spec} comes from a find-links folder that has no wheel of it (${file})`, {
    hint: `Build a wheel of it (pip wheel --no-deps ${file}) and put that into the folder or under \`wheels:\`.`,
    detail: { package: entry.name },
  });
}
