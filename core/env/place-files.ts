/**
 * Puts a package's files into a prefix: `dest` is relative to it and may not lead out, neither by `..` nor through a link.
 * Tests: test/unit/core/env/place-files.test.ts
 */
import { chmod, copyFile, mkdir, realpath, stat, symlink } from "node:fs/promises";
import { dirname, isAbsolute, normalize } from "pathe";
import type { Ctx } from "#core/context.ts";
import type { FileTree } from "#core/env/recipe.ts";
import { errno, SwError } from "#core/errors.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { blobPath } from "#core/store/blobs.ts";
import type { Entry } from "#core/store/versions.ts";

export async function placeFiles(ctx: Ctx, prefix: string, trees: readonly FileTree[]): Promise<void> {
  for (const tree of trees) {
    const dest = insidePrefix(prefix, tree.dest);
    for (const entry of tree.entries) await place(ctx, { prefix, dest, entry });
  }
}

/** Where they go, below the prefix. */
export const placedPaths = (trees: readonly FileTree[]): string[] =>
  trees.flatMap(({ dest, entries }) => entries.map(({ path }) => normalize(path === "" ? dest : `${dest}/${path}`)));

function insidePrefix(prefix: string, dest: string): string {
  const path = normalize(dest).replace(/\/+$/, "");
  if (isAbsolute(dest) || path === "." || /^\.\.(\/|$)/.test(path)) throw outside(dest);
  return `${prefix}/${path}`;
}

const outside = (dest: string) =>
  new SwError("ENV_BUILD_FAILED", `files: dest ${dest} is not a path inside the environment`, {
    hint: "Give a path relative to the environment, such as bin/prepare.sh.",
  });

async function place(ctx: Ctx, { prefix, dest, entry }: { prefix: string; dest: string; entry: Entry }): Promise<void> {
  const target = entry.path === "" ? dest : `${dest}/${entry.path}`;
  const parent = entry.type === "dir" ? target : dirname(target);
  try {
    await makeInside(prefix, parent);
    if (entry.type === "dir") return;
    await removeFile(target);
    if (entry.type === "symlink") return await symlink(entry.link ?? "", target);
  } catch (e) {
    if (!IN_THE_WAY.has(errno(e) ?? "")) throw e;
    throw new SwError("ENV_BUILD_FAILED", `files: ${target} can't be placed: a file or folder is in its way`, {
      cause: e,
    });
  }
  await copyFile(blobPath(ctx, entry.sha256 ?? ""), target);
  await chmod(target, entry.mode);
}

const IN_THE_WAY = new Set(["EEXIST", "ENOTDIR", "EISDIR", "EPERM", "ENOENT"]);

/** A link inside the prefix (lib64) is fine, one that leads out is not: looked at before each step, so that nothing is made there. */
async function makeInside(prefix: string, folder: string): Promise<void> {
  const top = await realpath(prefix);
  let at = prefix;
  for (const name of ["", ...folder.slice(prefix.length + 1).split("/")]) {
    if (name !== "") at = `${at}/${name}`;
    await makeFolder(at);
    const real = await realpath(at);
    if (real !== top && !real.startsWith(`${top}/`)) throw outside(folder);
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (e) {
    if (errno(e) !== "EEXIST" || !(await stat(path)).isDirectory()) throw e;
  }
}
