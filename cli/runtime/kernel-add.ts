/** `swcli runtime kernel add`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";

export default defineCommand({
  meta: { name: "add", description: "Add a Jupyter kernel that starts in a runtime and follows its latest version" },
  args: {
    uri: { type: "positional", required: true, description: "Runtime URI; with a version the kernel stays at it" },
    "display-name": {
      type: "string",
      valueName: "TEXT",
      description: "What notebooks show (default: the runtime's name)",
    },
  },
  async run({ args, data: out }) {
    const params = { uri: args.uri, display_name: args["display-name"], swcli: process.execPath };
    const kernel = await clientFor(out).call("kernel.add", params);
    out.print(kernel, ({ name, path }) => `${name}: ${path}/kernel.json`);
  },
});
