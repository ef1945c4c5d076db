/** A program called docker on the client's PATH: what it answers is the test's. */
import { chmod } from "node:fs/promises";
import { type Ctx, withCtx } from "#core/context.ts";
import type { StoreHome } from "../store/store-home.ts";

export async function withDocker(home: StoreHome, script: string, env: Record<string, string> = {}): Promise<Ctx> {
  await chmod(await home.write("bin/docker", `#!/bin/sh\n${script}\n`), 0o755);
  return withCtx(home.ctx, { env: { HOME: home.dir, PATH: `${home.dir}/bin:/usr/bin:/bin`, ...env } });
}
