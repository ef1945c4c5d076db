/** A client that reports to the command's output and is cancelled by Ctrl-C. */
import { cancelSignal } from "#cli/client/cancel.ts";
import { type Client, createClient } from "#cli/client/client.ts";
import type { Out } from "#cli/output/out.ts";

export function clientFor(out: Out): Client {
  return createClient({ noDaemon: out.noDaemon, report: out.report, signal: cancelSignal() });
}
