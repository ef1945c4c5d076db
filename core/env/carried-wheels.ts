/**
 * Wheels that a bundle brought, for uv: folders of links, and whether they are all that the lock asks for here.
 * Tests: test/e2e/bundle.test.ts
 */
import type { Ctx } from "#core/context.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { linkWheel } from "#core/env/wheel-links.ts";
import { type LockEntry, parseExport, renderLock } from "#core/lock/export.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { fitsPython, fittingPlatforms, parseWheelName } from "#core/lock/wheel-name.ts";
import { hasBlob } from "#core/store/blobs.ts";
import { markerMayHold } from "#core/venv/marker.ts";

export interface CarriedWheels {
  /** For `--find-links`, one for each file. */
  folders: string[];
  /** What is locked for this machine and not carried, as `name==version`; empty when no network is needed. */
  missing: string[];
  /** The lock with names where it has addresses, since an installer would ask those. */
  text: string;
}

interface Carried {
  file: string;
  sha256: string;
}

export async function carriedWheels(ctx: Ctx, recipe: Recipe, text: string): Promise<CarriedWheels> {
  const files = await filesHere(ctx, recipe);
  const wheels = files.filter(({ file }) => fitsHere(file, recipe.python));
  const sources = files.filter(({ file }) => !file.endsWith(".whl"));
  const entries = parseExport(text).map((entry) => {
    const wheel = wheels.find((one) => isWheelOf(one, entry));
    return { entry: wheel ? byName(entry, wheel) : entry, carried: wheel !== undefined };
  });
  const needed = entries.filter(({ entry }) => markerMayHold(entry.marker, recipe.python, thisPlatform()));
  const used = [...wheels, ...sources].filter((one) => entries.some(({ entry }) => isWheelOf(one, entry)));
  return {
    folders: await Promise.all(used.map(({ file, sha256 }) => linkWheel(ctx, { name: file, sha256 }))),
    missing: needed.filter(({ carried }) => !carried).map(({ entry }) => entry.spec),
    text: renderLock(entries.map(({ entry }) => entry)),
  };
}

async function filesHere(ctx: Ctx, recipe: Recipe): Promise<Carried[]> {
  const out: Carried[] = [];
  for (const { path, sha256 } of recipe.carried ?? []) {
    const file = /^wheels\/([^/]+)$/.exec(path)?.[1];
    if (file !== undefined && (await hasBlob(ctx, sha256))) out.push({ file, sha256 });
  }
  return out;
}

function fitsHere(file: string, python: string): boolean {
  const wheel = parseWheelName(file);
  return wheel !== undefined && fitsPython(wheel, python) && fittingPlatforms(wheel, [thisPlatform()]).length > 0;
}

/** By hash; a lock with other kinds of hashes is left to the installer, which looks at them. */
function isWheelOf({ file, sha256 }: Carried, { spec, hashes }: LockEntry): boolean {
  if (hashes.some((hash) => hash.startsWith("sha256:"))) return hashes.includes(`sha256:${sha256}`);
  const wheel = parseWheelName(file);
  return wheel !== undefined && `${wheel.name}==${wheel.version}` === spec;
}

function byName(entry: LockEntry, { file }: Carried): LockEntry {
  const wheel = parseWheelName(file);
  return entry.kind === "named" || !wheel
    ? entry
    : { ...entry, spec: `${wheel.name}==${wheel.version}`, kind: "named" };
}
