/**
 * Paths in requirement files: what the package can carry lies below the folder of runtime.yaml, also through links.
 * Tests: test/unit/core/lock/requirements.test.ts
 */
import { realpath, stat } from "node:fs/promises";
import { isAbsolute, join, normalize, relative } from "pathe";
import { errno } from "#core/errors.ts";
import { type At, lineError } from "#core/lock/line-error.ts";

/**
 * pip: relative to the requirement file when that is there, else to the folder that pip was started in.
 * @param base the file's folder
 */
export async function findLinksPath(dir: string, base: string, value: string): Promise<string> {
  if (/^[a-z]+:\/\//i.test(value)) return value;
  const beside = join(dir, base, value);
  return !isAbsolute(value) && (await isThere(beside)) ? beside : isAbsolute(value) ? value : join(dir, value);
}

export interface InsideInput {
  path: string;
  at: At;
  source: string;
  /** The folder that the path is relative to, itself relative to the yaml's. */
  base: string;
}

/** The path relative to the yaml's folder; what the package can't carry is refused, also through links. */
export async function insidePath(dir: string, { path, at, source, base }: InsideInput): Promise<string> {
  const refuse = (problem: string) =>
    lineError({
      code: "MANIFEST_PATH",
      at,
      problem,
      source,
      hint: "Only files in the folder of runtime.yaml and below can be carried; move or copy it there.",
    });
  if (isAbsolute(path) || path.startsWith("~")) throw refuse(`${path} is an absolute path`);
  const file = normalize(join(base, path)).replace(/^\.\//, "");
  if (file === ".." || file.startsWith("../")) throw refuse(`${path} leaves the folder of runtime.yaml`);
  const real = await realpathIfAny(join(dir, file));
  const inside = real === undefined || !relative(await realpath(dir), real).startsWith("..");
  if (!inside) throw refuse(`${path} is a link that leaves the folder of runtime.yaml`);
  return file;
}

async function realpathIfAny(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (e) {
    if (errno(e) === "ENOENT" || errno(e) === "ENOTDIR") return undefined;
    throw e;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (e) {
    if (errno(e) === "ENOENT" || errno(e) === "ENOTDIR") return false;
    throw e;
  }
}
