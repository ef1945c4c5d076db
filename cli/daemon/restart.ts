/** `swcli daemon restart`. */
import { ensureDaemon, sayHello } from "#cli/client/ensure-daemon.ts";
import { defineCommand } from "#cli/command.ts";
import { endDaemon } from "#cli/daemon/end.ts";
import { statusOf } from "#cli/daemon/start.ts";
import { daemonTarget } from "#cli/daemon/target.ts";
import { daemonView } from "#cli/output/views/daemon.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "restart", description: "Stop the daemon and start this build's" },
  async run({ data: out }) {
    const { target, run } = await daemonTarget();
    await endDaemon(target, run);
    const hello = await sayHello(await ensureDaemon(target.root));
    if (!hello)
      throw new SwError("DAEMON_START", "the daemon started and left again", { hint: "See `swcli daemon logs`." });
    out.print(statusOf(hello), daemonView);
  },
});
