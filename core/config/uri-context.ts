/**
 * What a URI's short forms mean, read from the config; remembered while the file stands.
 * Tests: test/unit/core/config/uri-context.test.ts
 */
import { statSync } from "node:fs";
import { readConfig } from "#core/config/config-file.ts";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { configPath } from "#core/platform/paths.ts";
import { DEFAULT_PROJECT, LOCAL, type UriContext } from "#core/uri/uri.ts";

const DEFAULTS: UriContext = { currentInstance: LOCAL, currentProject: DEFAULT_PROJECT, instances: {} };

export async function uriContext(ctx: Ctx): Promise<UriContext> {
  const path = configPath(ctx.env);
  const stamp = stampOf(path);
  if (stamp === undefined) return DEFAULTS;
  const key = `uri-context:${path}`;
  const known = ctx.memo.get<{ stamp: string; context: UriContext }>(key);
  if (known?.stamp === stamp) return known.context;
  const context = await readContext(ctx);
  ctx.memo.set(key, { stamp, context });
  return context;
}

function stampOf(path: string): string | undefined {
  try {
    const s = statSync(path);
    return `${s.size}:${s.mtimeMs}:${s.ino}`;
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    return undefined;
  }
}

async function readContext(ctx: Ctx): Promise<UriContext> {
  const config = await readConfig(ctx);
  const current = config.instances[config.currentInstance];
  const fallback = config.currentInstance === LOCAL ? DEFAULT_PROJECT : undefined;
  return {
    currentInstance: config.currentInstance,
    currentProject: current?.currentProject || fallback,
    instances: config.instances,
  };
}
