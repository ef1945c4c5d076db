/**
 * What is in the folder of environments: each prefix with its key and number, and the marker that makes it whole.
 * Looks before it is told what is in use, see `listPrefixes`. Tests: test/e2e/gc.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { namesIn } from "#core/platform/folder.ts";

export interface Prefix {
  key: string;
  n: number;
  path: string;
}

const SHARED_NAME = /^([0-9a-f]{32})-(\d+)$/;

/** Whether a prefix of a shared environment may have that name. */
export const isSharedName = (name: string): boolean => SHARED_NAME.test(name);

/**
 * All prefixes, whole or not. To be listed before leases and markers are read: whoever makes one has its lease before
 * the folder and its marker before the lease goes, so a folder seen here without either is nobody's.
 */
export async function listPrefixes(ctx: Ctx): Promise<Prefix[]> {
  return (await namesIn(ctx.paths.envs)).flatMap((name) => {
    const [, key, n] = SHARED_NAME.exec(name) ?? [];
    return key && n ? [{ key, n: Number(n), path: `${ctx.paths.envs}/${name}` }] : [];
  });
}

/** Keys with a marker, sound or not. */
export async function listMarkers(ctx: Ctx): Promise<string[]> {
  return (await namesIn(ctx.paths.envs)).flatMap((name) => /^([0-9a-f]{32})\.json$/.exec(name)?.[1] ?? []);
}

/** Everything beside the prefixes that belongs to a key. */
export async function filesOfKey(ctx: Ctx, key: string): Promise<string[]> {
  return (await namesIn(ctx.paths.envs))
    .filter((name) => name.startsWith(`${key}.`))
    .map((name) => `${ctx.paths.envs}/${name}`);
}
