/** `swcli runtime remove`. */
import { hereOrOnServer } from "#cli/client/elsewhere.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { mayGoOn } from "#cli/output/consent.ts";
import { removedView } from "#cli/output/views/runtime-life.ts";

export default defineCommand({
  meta: {
    name: "remove",
    description: "Remove a version of a runtime, or all of them; `recover` brings them back until `gc`",
    examples: [
      "swcli runtime remove mnist/version/v1",
      "swcli runtime remove mnist  # every version",
      "swcli runtime remove -f mnist/version/stable  # for good",
    ],
  },
  args: {
    runtime: { type: "positional", required: true, description: "Runtime URI; without a version all versions" },
    force: { type: "boolean", short: ["f"], description: "For good: it can't be recovered; asks nothing" },
    yes: { type: "boolean", short: ["y"], description: "Don't ask" },
  },
  async run({ args, data: out }) {
    await mayGoOn(out, { sure: args.force || args.yes, question: `Remove ${args.runtime}?` });
    const client = clientFor(out);
    const params = { uri: args.runtime, force: args.force };
    const done = await hereOrOnServer(
      () => client.call("runtime.remove", params),
      () => client.call("server.remove", params),
    );
    if (done.on === "server") {
      const { serverRemovedView } = await import("#cli/output/views/server-runtimes.ts");
      return out.print(done.result, serverRemovedView);
    }
    if (done.result.foreign > 0)
      out.warn("the package of the Python client stays where it is; swcli does not show it again");
    out.print(done.result, removedView);
  },
});
