/** `swcli project list`. */
import { hereOrOnServer } from "#cli/client/elsewhere.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { projectsView, serverProjectsView } from "#cli/output/views/project.ts";

export default defineCommand({
  meta: { name: "list", description: "List projects", examples: ["swcli project list", "swcli -o json project list"] },
  args: {
    instance: {
      type: "string",
      short: ["i"],
      valueName: "ALIAS",
      description: "Instance (default: the selected one)",
    },
    "show-removed": { type: "boolean", short: ["sr"], description: "Also what was removed and can be recovered" },
  },
  async run({ args, data: out }) {
    const client = clientFor(out);
    const { instance, "show-removed": showRemoved } = args;
    const found = await hereOrOnServer(
      () => client.call("project.list", { instance, show_removed: showRemoved }),
      () => client.call("server.projects", { instance }),
    );
    if (found.on === "here") return out.print(found.result, projectsView);
    if (showRemoved) out.warn("a server does not show removed projects");
    out.print(found.result, serverProjectsView);
  },
});
