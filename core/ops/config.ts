/** `swcli config edit` needs a file to edit, and to know afterwards whether it still is one. Tests: test/e2e/config.test.ts */
import { readConfig, readConfigWarnings, updateConfig } from "#core/config/config-file.ts";
import type { Ctx } from "#core/context.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { configPath } from "#core/platform/paths.ts";

export interface EnsuredConfig {
  path: string;
  created: boolean;
  /** Of keys that nobody reads. */
  warnings: string[];
}

/** Makes the file when there is none. @throws CONFIG_INVALID for one that can't be used */
export async function ensureConfig(ctx: Ctx): Promise<EnsuredConfig> {
  const path = configPath(ctx.env);
  const created = (await readTextIfAny(path)) === undefined;
  if (created) await updateConfig(ctx, () => {});
  else await readConfig(ctx);
  return { path, created, warnings: await readConfigWarnings(ctx) };
}
