/** Where this root's daemon listens or would listen; without starting one. */
import type { Target } from "#cli/client/hot-target.ts";
import { resolveRoot } from "#core/config/root.ts";
import { openRunDir, type RunDir } from "#core/platform/run-dir.ts";

export async function daemonTarget(): Promise<{ target: Target; run: RunDir }> {
  const root = await resolveRoot(process.env, process.cwd());
  const run = await openRunDir(process.env, root);
  return { target: { root, dir: run.dir, socket: run.socket }, run };
}
