/** `swcli instance select`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";

export default defineCommand({
  meta: {
    name: "select",
    description: "Make an instance the one that short URIs mean",
    examples: ["swcli instance select local", "swcli instance select pre-k8s"],
  },
  args: { instance: { type: "positional", required: true, description: "Alias or address of an instance" } },
  async run({ args, data: out }) {
    const row = await clientFor(out).call("instance.select", { instance: args.instance });
    out.print(row, ({ name }) => `selected ${name}`);
  },
});
