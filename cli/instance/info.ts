/** `swcli instance info`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { instanceView } from "#cli/output/views/instance.ts";

export default defineCommand({
  meta: {
    name: "info",
    description: "Show an instance",
    examples: ["swcli instance info", "swcli instance info local"],
  },
  args: { instance: { type: "positional", description: "Alias or address (default: the selected one)" } },
  async run({ args, data: out }) {
    out.print(await clientFor(out).call("instance.info", { instance: args.instance }), instanceView);
  },
});
