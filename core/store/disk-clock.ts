/** The time by the clock that stamps the store's files: on a network disk it is not ours. */
import { mkdir, stat, writeFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";

/** Unix ms: files made from now on are not older. */
export async function diskNow(ctx: Ctx): Promise<number> {
  const path = `${ctx.paths.leases}/clock`;
  await mkdir(ctx.paths.leases, { recursive: true });
  await writeFile(path, "now");
  return (await stat(path)).mtimeMs;
}
