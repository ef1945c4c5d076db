/** `swcli project info`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { projectInfoView } from "#cli/output/views/project.ts";

export default defineCommand({
  meta: {
    name: "info",
    description: "Show a project",
    examples: ["swcli project info", "swcli project info myproject"],
  },
  args: { project: { type: "positional", description: "Project, by name or URI (default: the selected one)" } },
  async run({ args, data: out }) {
    out.print(await clientFor(out).call("project.info", { project: args.project }), projectInfoView);
  },
});
