/** `swcli runtime list`. */
import { hereOrOnServer } from "#cli/client/elsewhere.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { versionsView } from "#cli/output/views/runtime-versions.ts";
import { pageArgs, pageNumber } from "#cli/page-args.ts";

export default defineCommand({
  meta: {
    name: "list",
    description: "List the versions of runtimes, newest first",
    examples: [
      "swcli runtime list",
      "swcli runtime list --filter name=pytorch --filter latest",
      "swcli runtime list --show-removed  # what can be recovered",
      "swcli -o json runtime list --project myproject",
      "swcli runtime list --project cloud://pre-k8s/project/mnist --page 2",
    ],
  },
  args: {
    project: { type: "string", short: ["p"], valueName: "URI", description: "Project (default: the selected one)" },
    fullname: {
      type: "boolean",
      short: ["f"],
      description: "Show full version ids (12 characters otherwise; JSON always has all)",
    },
    "show-removed": { type: "boolean", short: ["sr"], description: "Also what was removed and can be recovered" },
    ...pageArgs,
    filter: {
      type: "string",
      short: ["fl"],
      repeat: true,
      valueName: "FILTER",
      description: "name=PREFIX, owner=NAME or latest; can be repeated: all keys must hold, of one key any",
    },
  },
  async run({ args, data: out }) {
    const paging = { page: pageNumber(args.page, 1), size: pageNumber(args.size, 20) };
    const client = clientFor(out);
    const params = { project: args.project, filters: args.filter, show_removed: args["show-removed"] };
    // Who the owner is may depend on the environment, which a quick query does not carry.
    const ownerAsked = args.filter.some((filter) => filter.startsWith("owner"));
    const found = await hereOrOnServer(
      () => (ownerAsked ? client.call("runtime.list", params) : client.query("runtime.list", params)),
      () => client.call("server.list", { ...params, ...paging }),
    );
    const look = { fullname: args.fullname, names: true };
    if (found.on === "server") return out.print(found.result, (await serverViews()).serverRowsView(look));
    if (args.page !== undefined || args.size !== undefined) {
      out.warn("--page and --size are for servers; the local instance lists everything");
    }
    out.print(found.result, versionsView(look));
  },
});

const serverViews = async () => await import("#cli/output/views/server-runtimes.ts");
