/** `swcli runtime list`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { versionsView } from "#cli/output/views/runtime-versions.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: {
    name: "list",
    description: "List the versions of runtimes, newest first",
    examples: [
      "swcli runtime list",
      "swcli runtime list --filter name=pytorch --filter latest",
      "swcli runtime list --show-removed  # what can be recovered",
      "swcli -o json runtime list --project myproject",
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
    page: { type: "string", valueName: "N", description: "Page to begin with; servers only (default: 1)" },
    size: { type: "string", valueName: "N", description: "Rows on a page; servers only (default: 20)" },
    filter: {
      type: "string",
      short: ["fl"],
      repeat: true,
      valueName: "FILTER",
      description: "name=PREFIX, owner=NAME or latest; can be repeated: all keys must hold, of one key any",
    },
  },
  async run({ args, data: out }) {
    checkPaging(args.page, args.size);
    if (args.page !== undefined || args.size !== undefined) {
      out.warn("--page and --size are for servers; the local instance lists everything");
    }
    const client = clientFor(out);
    const params = { project: args.project, filters: args.filter, show_removed: args["show-removed"] };
    // Who the owner is may depend on the environment, which a quick query does not carry.
    const ownerAsked = args.filter.some((filter) => filter.startsWith("owner"));
    const rows = await (ownerAsked ? client.call("runtime.list", params) : client.query("runtime.list", params));
    out.print(rows, versionsView({ fullname: args.fullname, names: true }));
  },
});

function checkPaging(...numbers: (string | undefined)[]): void {
  for (const number of numbers) {
    if (number !== undefined && !/^[1-9]\d{0,8}$/.test(number)) {
      throw new SwError("USAGE", `${JSON.stringify(number)} is not a number of 1 or more`);
    }
  }
}
