/**
 * A place on this machine that people named for something large: whether it can be made there is tried before the work.
 * Tests: test/e2e/dockerize.test.ts
 */
import { randomBytes } from "node:crypto";
import { mkdir, rmdir, stat } from "node:fs/promises";
import { dirname } from "pathe";
import { errno, SwError } from "#core/errors.ts";

/** @throws SwError USAGE that names the folder that takes nothing */
export async function refuseUnwritable(path: string): Promise<void> {
  const folder = await nearestFolder(dirname(path));
  const probe = `${folder}/.swcli-${randomBytes(6).toString("hex")}.tmp`;
  try {
    await mkdir(probe);
    await rmdir(probe);
  } catch (e) {
    if (errno(e) === undefined) throw e;
    throw new SwError("USAGE", `nothing can be written to ${folder} (${errno(e)}), where ${path} should be`, {
      hint: "Name another place.",
      cause: e,
    });
  }
}

/** What is there of the way; the rest would be made. */
async function nearestFolder(path: string): Promise<string> {
  const there = await stat(path).then(
    () => true,
    (e: unknown) => errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR",
  );
  return there || path === "/" ? path : await nearestFolder(dirname(path));
}
