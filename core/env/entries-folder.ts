/**
 * The folder of what hooked shells read (hook-entries.ts): all of it belongs to one build, whose scripts it names.
 * Tests: test/e2e/start-sweep.test.ts, test/e2e/hook.test.ts
 */
import { readlink, symlink } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { BUILD_ID } from "#core/platform/build-info.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";

export const entriesFolder = (ctx: Ctx): string => `${ctx.paths.activation}/by-uri`;

// A link that leads nowhere: its text takes no block of the disk. No URI begins with a dot.
const buildLink = (ctx: Ctx) => `${entriesFolder(ctx)}/.build`;

/** Whose they are; to be called with each new entry, once its folder is there. */
export async function noteBuild(ctx: Ctx): Promise<void> {
  await symlink(BUILD_ID, buildLink(ctx)).catch((e: unknown) => {
    if (errno(e) !== "EEXIST") throw e;
  });
}

/** After an upgrade: shells would go on with scripts that the build before has rendered. */
export async function forgetOtherBuilds(ctx: Ctx): Promise<void> {
  const build = await readlink(buildLink(ctx)).catch(() => undefined);
  if (build !== BUILD_ID) await dropEntries(ctx);
}

/**
 * Forgets every entry: what a URI means has changed in a way that no ref shows (a project was removed), or to be rid of those
 * that nobody uses. Each shell asks once and gets a new one.
 */
export const dropEntries = async (ctx: Ctx): Promise<void> => await removeTree(entriesFolder(ctx));
