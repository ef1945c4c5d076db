/** `swcli config check`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";

export default defineCommand({
  meta: {
    name: "check",
    description: "Say whether the config file can be used; makes one when there is none",
    examples: ["swcli config check"],
  },
  async run({ data: out }) {
    out.print(await clientFor(out).call("config.ensure", {}), ({ path }) => path);
  },
});
