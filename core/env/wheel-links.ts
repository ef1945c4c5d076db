/**
 * Wheels of packages under their own file names: blobs have none, and installers read name and version from it.
 * Stable paths, so that uv's cache knows them the next time. Tests: test/e2e/build-venv.test.ts, test/e2e/bundle.test.ts
 */
import { randomBytes } from "node:crypto";
import { link, mkdir, rename, stat } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import type { WheelFile } from "#core/env/recipe.ts";
import { errno, SwError } from "#core/errors.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { fittingPlatforms, parseWheelName } from "#core/lock/wheel-name.ts";
import { blobPath } from "#core/store/blobs.ts";

export interface WheelLinks {
  /** One for each wheel. */
  folders: string[];
  /** `name==version` lines. */
  requirements: string[];
}

export async function linkWheels(ctx: Ctx, wheels: readonly WheelFile[]): Promise<WheelLinks> {
  const folders = await Promise.all(wheels.map((wheel) => linkWheel(ctx, wheel)));
  return { folders, requirements: [...new Set(wheels.filter(fitsHere).map((wheel) => pin(wheel.name)))] };
}

/** A package carries the wheels of all its platforms; those of another are not asked for here. */
function fitsHere(wheel: WheelFile): boolean {
  const name = parseWheelName(wheel.name);
  return name === undefined || fittingPlatforms(name, [thisPlatform()]).length > 0;
}

/** A content of the store under a file's name, in a folder of its own. */
export async function linkWheel(ctx: Ctx, wheel: WheelFile): Promise<string> {
  const folder = `${ctx.paths.cache}/wheels/${wheel.sha256}`;
  await mkdir(folder, { recursive: true });
  await linkBlob(blobPath(ctx, wheel.sha256), `${folder}/${wheel.name}`);
  return folder;
}

/** A blob that was damaged and came back is another file: the old link would go on serving the damaged bytes. */
async function linkBlob(blob: string, path: string): Promise<void> {
  try {
    return await link(blob, path);
  } catch (e) {
    if (errno(e) !== "EEXIST") throw e;
  }
  if ((await stat(path)).ino === (await stat(blob)).ino) return;
  const temp = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await link(blob, temp);
  await rename(temp, path);
}

/** Wheel file names: https://packaging.python.org/en/latest/specifications/binary-distribution-format/ */
function pin(file: string): string {
  const [name, version] = file.split("-");
  if (name && version) return `${name}==${version}`;
  throw new SwError("PACKAGE_INVALID", `${file} is no wheel's file name`, {
    hint: "Build the runtime with a wheel as its builder named it.",
  });
}
