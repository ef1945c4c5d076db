/** Removes one shared environment that somebody named. What gc takes: core/env/gc-envs.ts. Tests: test/e2e/env.test.ts */
import type { Ctx } from "#core/context.ts";
import { filesOfKey } from "#core/env/envs-list.ts";
import { sweepLinks } from "#core/env/links.ts";
import { closeToShells } from "#core/env/live-shells.ts";
import { dropMarker, type Marker } from "#core/env/marker.ts";
import { endSettling } from "#core/env/settle.ts";
import { withFileLock } from "#core/platform/file-lock.ts";
import { removeFile, removeTree } from "#core/platform/fs-atomic.ts";

/** The marker goes first, so that nobody enters what is being removed. False when a shell has just gone in. */
export async function removeShared(ctx: Ctx, { key, prefix }: Marker, force: boolean): Promise<boolean> {
  return await withFileLock(`${ctx.paths.locks}.env-${key}.lock`, ctx.signal, async () => {
    if (!(await closeToShells(ctx, prefix)) && !force) return false;
    await dropMarker(ctx, key);
    for (const file of await filesOfKey(ctx, key)) await removeFile(file);
    await removePrefix(ctx, prefix);
    await sweepLinks(ctx);
    return true;
  });
}

/** When nobody can enter it any more. */
export async function removePrefix(ctx: Ctx, prefix: string): Promise<void> {
  await endSettling(ctx, prefix);
  await removeTree(prefix);
}
