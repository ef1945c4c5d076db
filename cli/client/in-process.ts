/**
 * The same dispatcher without a daemon (`--no-daemon`, SW_NO_DAEMON=1, or where sockets are refused): slower, never broken.
 * Work in the background does not exist here. Tests: every e2e story runs in this mode too.
 */

import type { CallOptions } from "#cli/client/socket-transport.ts";
import { openRunDir } from "#core/platform/run-dir.ts";
import type { ClientInfo } from "#core/protocol/wire.ts";
import { dispatch } from "#daemon/dispatch.ts";
import { createHost, type Host } from "#daemon/host.ts";

let host: Host | undefined;

export async function callInProcess(
  root: string,
  call: { method: string; params: unknown; client: ClientInfo },
  options: CallOptions,
): Promise<unknown> {
  if (host?.root !== root) {
    const run = await openRunDir(process.env, root);
    host = createHost({ root, locks: run.locks, longLived: false, background: () => {} });
  }
  const signal = options.signal ?? new AbortController().signal;
  return await dispatch(host, { ...call, signal, report: options.report });
}
