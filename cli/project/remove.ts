/** `swcli project remove`. */
import { hereOrOnServer } from "#cli/client/elsewhere.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { mayGoOn } from "#cli/output/consent.ts";
import { projectView } from "#cli/output/views/project.ts";

export default defineCommand({
  meta: {
    name: "remove",
    description: "Remove a project with its runtimes; `recover` brings it back until `gc`",
    examples: ["swcli project remove myproject"],
  },
  args: {
    project: { type: "positional", required: true, description: "Project, by name or URI" },
    yes: { type: "boolean", short: ["y"], description: "Don't ask" },
  },
  async run({ args, data: out }) {
    await mayGoOn(out, { sure: args.yes, question: `Remove the project ${args.project} with its runtimes?` });
    const client = clientFor(out);
    const params = { project: args.project };
    const done = await hereOrOnServer(
      () => client.call("project.remove", params),
      () => client.call("server.project-remove", params),
    );
    out.print(done.result, projectView("removed"));
    if (done.on === "server") out.talk(`It is recovered by its id, ${done.result.id}, or from here by its name.`);
  },
});
