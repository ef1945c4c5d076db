/** Work that outlives its request, as an operation of its own that clients can list and attach to. */
import { SwError } from "#core/errors.ts";
import type { ClientInfo } from "#core/protocol/wire.ts";
import { withLease } from "#core/store/leases.ts";
import { type BackgroundTask, contextFor, type Host } from "#daemon/host.ts";
import { log } from "#daemon/life/log.ts";
import type { Operations } from "#daemon/ops/operation.ts";

/** Work with the same key runs once. Its failure is logged: whoever needs the result asks again and sees the error. */
export function startBackground(operations: Operations, host: Host, caller: ClientInfo, task: BackgroundTask): void {
  const operation = operations.start(
    { method: "background", title: task.title, flightKey: task.key, detached: true },
    (report, signal) => withLease(contextFor(host, caller, { signal, report }), task.work),
  );
  operation.flight.result.catch((e: unknown) => log(`${task.title}: ${SwError.from(e).message}`));
}
