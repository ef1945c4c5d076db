/**
 * Stable links for editors and notebooks: `<root>/.links/<project>/<name>` leads to the environment of the runtime's latest
 * version, wherever that is now. Tests: test/unit/core/env/links.test.ts
 */
import { randomBytes } from "node:crypto";
import { existsSync, readlinkSync } from "node:fs";
import { mkdir, rename, symlink } from "node:fs/promises";
import { dirname } from "pathe";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { namesIn } from "#core/platform/folder.ts";
import { removeFile, removeTree } from "#core/platform/fs-atomic.ts";
import type { Resolved } from "#core/store/resolve.ts";

export const linkPath = (ctx: Ctx, { project, name }: { project: string; name: string }): string =>
  `${ctx.paths.links}/${project}/${name}`;

/** Asked at each activation, so it costs one readlink while nothing has changed. */
export async function linkLatest(ctx: Ctx, { ref, version }: Resolved, prefix: string): Promise<void> {
  if (ref.tags.latest === version.id) await linkRuntime(ctx, ref, prefix);
}

export async function linkRuntime(ctx: Ctx, at: { project: string; name: string }, prefix: string): Promise<void> {
  const path = linkPath(ctx, at);
  if (targetOf(path) === prefix) return;
  // Of one process several may link at once: the background's making of an environment and the one who waits for it.
  const temp = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await symlink(prefix, temp);
    await rename(temp, path);
  } finally {
    await removeFile(temp);
  }
}

/** A runtime that is removed has none; recovered, it has one again when it is activated. */
export async function unlinkRuntime(ctx: Ctx, at: { project: string; name: string }): Promise<void> {
  if (targetOf(linkPath(ctx, at)) !== undefined) await removeFile(linkPath(ctx, at));
}

export const unlinkProject = async (ctx: Ctx, project: string): Promise<void> =>
  await removeTree(`${ctx.paths.links}/${project}`);

/** After environments have gone: the links that led to them. Folders stay, since somebody may be about to link. */
export async function sweepLinks(ctx: Ctx): Promise<void> {
  for (const project of await namesIn(ctx.paths.links)) {
    for (const name of await namesIn(`${ctx.paths.links}/${project}`)) {
      const path = linkPath(ctx, { project, name });
      if (targetOf(path) !== undefined && !existsSync(path)) await removeFile(path);
    }
  }
}

/** Where a link leads; undefined when there is none. */
export function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR" && errno(e) !== "EINVAL") throw e;
    return undefined;
  }
}
