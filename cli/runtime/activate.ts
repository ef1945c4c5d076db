/** `swcli runtime activate`: the long way; the warm one is cli/hot.ts. */
import { awaitReady } from "#cli/client/await-ready.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { activateArgs } from "#cli/runtime/activate-args.ts";
import { enterWritable } from "#cli/runtime/writable.ts";
import { enterShell, thisShell } from "#cli/shell/enter.ts";

export default defineCommand({
  meta: {
    name: "activate",
    description: "Enter a sub-shell in a runtime; leave with `deactivate` or `exit`",
    examples: ["swcli runtime activate mnist", "swcli runtime activate mnist/version/v2"],
  },
  args: activateArgs,
  async run({ args, data: out }) {
    const shell = thisShell();
    const fresh = args["force-restore"];
    if (args.writable !== undefined) return await enterWritable({ ...args, name: args.writable, fresh, shell, out });
    const ready = await awaitReady(clientFor(out), args.uri, {
      shell: shell.kind,
      fresh,
      compile: args.compile,
      offline: args.offline,
    });
    if (ready.warning) out.warn(ready.warning);
    out.finish();
    enterShell(shell, ready.rc ?? "");
  },
});
