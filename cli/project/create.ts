/** `swcli project create`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { projectView } from "#cli/output/views/project.ts";

export default defineCommand({
  meta: {
    name: "create",
    description: "Make a project",
    examples: ["swcli project create myproject"],
  },
  args: { project: { type: "positional", required: true, description: "Project, by name or URI" } },
  async run({ args, data: out }) {
    const row = await clientFor(out).call("project.create", { project: args.project });
    out.print(row, projectView("created"));
  },
});
