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
    const checked = await clientFor(out).call("config.ensure", {});
    for (const warning of checked.warnings) out.warn(warning);
    out.print(checked, ({ path }) => path);
  },
});
