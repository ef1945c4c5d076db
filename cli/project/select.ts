/** `swcli project select`. */
import { hereOrOnServer } from "#cli/client/elsewhere.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { projectView } from "#cli/output/views/project.ts";

export default defineCommand({
  meta: {
    name: "select",
    description: "Make a project the default",
    examples: ["swcli project select myproject"],
  },
  args: { project: { type: "positional", required: true, description: "Project, by name or URI" } },
  async run({ args, data: out }) {
    const client = clientFor(out);
    const params = { project: args.project };
    const { result } = await hereOrOnServer(
      () => client.call("project.select", params),
      () => client.call("server.project-select", params),
    );
    out.print(result, projectView("selected"));
  },
});
