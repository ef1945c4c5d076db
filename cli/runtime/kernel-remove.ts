/** `swcli runtime kernel remove`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";

export default defineCommand({
  meta: { name: "remove", description: "Remove a Jupyter kernel of a runtime" },
  args: { kernel: { type: "positional", required: true, description: "Its name, or the URI that it was added with" } },
  async run({ args, data: out }) {
    const removed = await clientFor(out).call("kernel.remove", { kernel: args.kernel });
    out.print(removed, ({ name }) => `removed ${name}`);
  },
});
