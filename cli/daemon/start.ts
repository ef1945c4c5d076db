/** `swcli daemon start`. */
import { ensureDaemon, sayHello } from "#cli/client/ensure-daemon.ts";
import { defineCommand } from "#cli/command.ts";
import { daemonTarget } from "#cli/daemon/target.ts";
import { daemonView } from "#cli/output/views/daemon.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "start", description: "Start the daemon (any command does it by itself)" },
  async run({ data: out }) {
    const { target } = await daemonTarget();
    const hello = await sayHello(await ensureDaemon(target.root));
    if (!hello)
      throw new SwError("DAEMON_START", "the daemon started and left again", { hint: "See `swcli daemon logs`." });
    out.print(statusOf(hello), daemonView);
  },
});

/** The keys of `daemon status -o json`. */
export const statusOf = ({
  pid,
  version,
  build,
  root,
  socket,
  uptime_s,
  rss_bytes,
}: NonNullable<Awaited<ReturnType<typeof sayHello>>>) => ({
  pid,
  version,
  build,
  root,
  socket,
  uptime_s,
  rss_bytes,
});
