/** Work that outlives its request, as an operation of its own that clients can list and attach to. */
import type { ClientInfo } from "#core/protocol/wire.ts";
import { withLease } from "#core/store/leases.ts";
import { type BackgroundTask, contextFor, type Host } from "#daemon/host.ts";
import type { Operations } from "#daemon/ops/operation.ts";

/** Work with the same key runs once. Its failure is in the log only: whoever needs the result asks again and sees it. */
export function startBackground(operations: Operations, host: Host, caller: ClientInfo, task: BackgroundTask): void {
  operations.start({ method: "background", title: task.title, flightKey: task.key, detached: true }, (report, signal) =>
    withLease(contextFor(host, caller, { signal, report }), task.work),
  );
}
