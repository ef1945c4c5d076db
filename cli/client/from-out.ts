/** A client that reports to the command's output and is cancelled by Ctrl-C. */
import { type Client, createClient } from "#cli/client/client.ts";
import type { Out } from "#cli/output/out.ts";

/** The first Ctrl-C or TERM cancels what runs, the second leaves at once. */
export function clientFor(out: Out): Client {
  return createClient({ noDaemon: out.noDaemon, report: out.report, signal: cancelSignal() });
}

function cancelSignal(): AbortSignal {
  const controller = new AbortController();
  const cancel = (code: number) => () => {
    if (controller.signal.aborted) process.exit(code);
    controller.abort();
  };
  process.on("SIGINT", cancel(130));
  process.on("SIGTERM", cancel(143));
  return controller.signal;
}
