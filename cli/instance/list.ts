/** `swcli instance list`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { instancesView } from "#cli/output/views/instance.ts";

export default defineCommand({
  meta: { name: "list", description: "List the instances that the config knows", examples: ["swcli instance list"] },
  async run({ data: out }) {
    out.print(await clientFor(out).call("instance.list", {}), instancesView);
  },
});
