/** `swcli project recover`. */
import { hereOrOnServer } from "#cli/client/elsewhere.ts";
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
    const client = clientFor(out);
    const params = { project: args.project };
    const { result } = await hereOrOnServer(
      () => client.call("project.recover", params),
      () => client.call("server.project-recover", params),
    );
    out.print(result, projectView("recovered"));
  },
});
