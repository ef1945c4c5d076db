/** `swcli runtime activate`: the long way; the warm one is cli/hot.ts. */
import { awaitReady } from "#cli/client/await-ready.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { enterShell } from "#cli/shell/enter.ts";

export default defineCommand({
  meta: {
    name: "activate",
    description: "Enter a sub-shell in a runtime; leave with `deactivate` or `exit`",
    examples: ["swcli runtime activate mnist", "swcli runtime activate mnist/version/v2"],
  },
  args: {
    uri: { type: "positional", required: true, description: "Runtime URI" },
    "force-restore": { type: "boolean", short: ["f"], description: "Make the environment from scratch" },
  },
  async run({ args, data: out }) {
    const ready = await awaitReady(clientFor(out), args.uri, { fresh: args["force-restore"] });
    if (ready.warning) out.warn(ready.warning);
    out.finish();
    enterShell(ready.rc);
  },
});
