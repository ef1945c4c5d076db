/** `swcli runtime history`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { versionsView } from "#cli/output/views/runtime-versions.ts";

export default defineCommand({
  meta: {
    name: "history",
    description: "Show the versions of a runtime, newest first",
    examples: ["swcli runtime history mnist"],
  },
  args: {
    uri: { type: "positional", required: true, description: "Runtime URI" },
    fullname: { type: "boolean", description: "Show full version ids (12 characters otherwise)" },
  },
  async run({ args, data: out }) {
    const rows = await clientFor(out).query("runtime.history", { uri: args.uri });
    out.print(rows, versionsView({ fullname: args.fullname, names: false }));
  },
});
