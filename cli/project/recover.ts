/** `swcli project recover`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { projectView } from "#cli/output/views/project.ts";

export default defineCommand({
  meta: {
    name: "recover",
    description: "Bring a removed project back, with its runtimes",
    examples: ["swcli project recover myproject"],
  },
  args: { project: { type: "positional", required: true, description: "Project, by name or URI" } },
  async run({ args, data: out }) {
    const row = await clientFor(out).call("project.recover", { project: args.project });
    out.print(row, projectView("recovered"));
  },
});
