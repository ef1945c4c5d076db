/** `swcli daemon status`: exit code 3 when none runs. */
import { sayHello } from "#cli/client/ensure-daemon.ts";
import { defineCommand } from "#cli/command.ts";
import { statusOf } from "#cli/daemon/start.ts";
import { daemonTarget } from "#cli/daemon/target.ts";
import { daemonView } from "#cli/output/views/daemon.ts";
import { BUILD_ID } from "#core/platform/build-info.ts";

export default defineCommand({
  meta: { name: "status", description: "Show whether the daemon runs, and which build (exit code 3 when it does not)" },
  async run({ data: out }) {
    const { target } = await daemonTarget();
    const hello = await sayHello(target);
    if (!hello) {
      out.print(null, () => "no daemon is running");
      return 3;
    }
    out.print(statusOf(hello), daemonView);
    if (hello.build !== BUILD_ID)
      out.warn(`it is another build than this swcli (${BUILD_ID}); the next command replaces it`);
    return 0;
  },
});
