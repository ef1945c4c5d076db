/** `swcli project info`. */
import { hereOrOnServer } from "#cli/client/elsewhere.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { projectInfoView, serverProjectView } from "#cli/output/views/project.ts";

export default defineCommand({
  meta: {
    name: "info",
    description: "Show a project",
    examples: ["swcli project info", "swcli project info myproject"],
  },
  args: { project: { type: "positional", description: "Project, by name or URI (default: the selected one)" } },
  async run({ args, data: out }) {
    const client = clientFor(out);
    const params = { project: args.project };
    const found = await hereOrOnServer(
      () => client.call("project.info", params),
      () => client.call("server.project-info", params),
    );
    if (found.on === "here") out.print(found.result, projectInfoView);
    else out.print(found.result, serverProjectView);
  },
});
