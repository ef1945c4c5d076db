/** `swcli runtime list`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { versionsView } from "#cli/output/views/runtime-versions.ts";

export default defineCommand({
  meta: {
    name: "list",
    description: "List runtimes, newest first",
    examples: ["swcli runtime list", "swcli -o json runtime list"],
  },
  args: {
    project: { type: "string", short: ["p"], valueName: "PROJECT", description: "Project (default: the selected one)" },
    fullname: { type: "boolean", description: "Show full version ids (12 characters otherwise)" },
  },
  async run({ args, data: out }) {
    const rows = await clientFor(out).query("runtime.list", { project: args.project });
    out.print(rows, versionsView({ fullname: args.fullname, names: true }));
  },
});
