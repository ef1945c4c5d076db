/** `swcli daemon stop`: of any build; asks it to retire, then ends the holder of the lock. */
import { sayHello } from "#cli/client/ensure-daemon.ts";
import { defineCommand } from "#cli/command.ts";
import { endDaemon } from "#cli/daemon/end.ts";
import { daemonTarget } from "#cli/daemon/target.ts";

export default defineCommand({
  meta: {
    name: "stop",
    description: "Stop the daemon; detached jobs go on with the next one, other work is cancelled",
  },
  async run({ data: out }) {
    const { target, run } = await daemonTarget();
    const hello = await sayHello(target);
    const pid = await endDaemon(target, run);
    out.print({ stopped: pid !== undefined, pid: pid ?? hello?.pid ?? null }, ({ stopped }) =>
      stopped ? "stopped" : "no daemon was running",
    );
  },
});
