/**
 * Puts a package's files into a prefix: `dest` is relative to it and may not lead out, neither by `..` nor through a link.
 * Tests: test/unit/core/env/place-files.test.ts
 */
import { chmod, copyFile, mkdir, realpath, symlink } from "node:fs/promises";
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

function insidePrefix(prefix: string, dest: string): string {
  const path = normalize(dest).replace(/\/+$/, "");
  if (isAbsolute(dest) || path.startsWith("..") || path === "" || path === ".") throw outside(dest);
  return `${prefix}/${path}`;
}

const outside = (dest: string) =>
  new SwError("ENV_BUILD_FAILED", `files: dest ${dest} is not a path inside the environment`, {
    hint: "Give a path relative to the environment, such as bin/prepare.sh.",
  });

async function place(ctx: Ctx, { prefix, dest, entry }: { prefix: string; dest: string; entry: Entry }): Promise<void> {
  const target = entry.path === "" ? dest : `${dest}/${entry.path}`;
  const parent = entry.type === "dir" ? target : dirname(target);
  // A link inside the prefix (lib64) is fine, one that leads out is not: asked before a folder is made behind it.
  const real = await realOf(parent);
  const top = await realpath(prefix);
  if (real !== top && !real.startsWith(`${top}/`)) throw outside(target);
  await mkdir(parent, { recursive: true });
  if (entry.type === "dir") return;
  await removeFile(target);
  if (entry.type === "symlink") return await symlink(entry.link ?? "", target);
  await copyFile(blobPath(ctx, entry.sha256 ?? ""), target);
  await chmod(target, entry.mode);
}

/** Where the part of a path leads that is there. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return await realOf(dirname(path));
  }
}
