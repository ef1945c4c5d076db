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
    const client = clientFor(out);
    const info = await client.call("instance.info", { instance: args.instance });
    const server = info.root_dir === null ? await client.call("server.state", { instance: info.instance }) : undefined;
    out.print(server ? { ...info, server } : info, () => instanceView(info, server, out));
  },
});
