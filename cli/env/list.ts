/** `swcli env list`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { envListView } from "#cli/output/views/envs.ts";

export default defineCommand({
  meta: { name: "list", description: "Show the environments of this machine: size, last use, who uses them" },
  async run({ data: out }) {
    out.print(await clientFor(out).call("env.list", {}), envListView);
  },
});
