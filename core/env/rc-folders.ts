/**
 * The folders of rendered activation scripts, and which environment each is for. Tests: test/e2e/gc.test.ts
 */
import { existsSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny, removeTree } from "#core/platform/fs-atomic.ts";

/** Folder name → prefix. */
export async function activationPrefixes(ctx: Ctx): Promise<Map<string, string>> {
  const names = await namesIn(ctx.paths.activation);
  const found = await Promise.all(names.map(async (name) => [name, await prefixOf(ctx, name)] as const));
  return new Map(found.flatMap(([name, prefix]) => (prefix === undefined ? [] : [[name, prefix] as const])));
}

async function prefixOf(ctx: Ctx, name: string): Promise<string | undefined> {
  const text = await readTextIfAny(`${ctx.paths.activation}/${name}/plan.json`);
  return text === undefined ? undefined : /"prefix":\s*"([^"\\]+)"/.exec(text)?.[1];
}

/** Removes the scripts of environments that are gone; nobody can be in them. */
export async function sweepRcFolders(ctx: Ctx): Promise<void> {
  for (const [name, prefix] of await activationPrefixes(ctx)) {
    if (!existsSync(prefix)) await removeTree(`${ctx.paths.activation}/${name}`);
  }
}
