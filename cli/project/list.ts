/** `swcli project list`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { projectsView } from "#cli/output/views/project.ts";

export default defineCommand({
  meta: { name: "list", description: "List projects", examples: ["swcli project list", "swcli -o json project list"] },
  args: {
    "show-removed": { type: "boolean", short: ["sr"], description: "Also what was removed and can be recovered" },
  },
  async run({ args, data: out }) {
    const rows = await clientFor(out).call("project.list", { show_removed: args["show-removed"] });
    out.print(rows, projectsView);
  },
});
