/** `swcli instance logout`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";

export default defineCommand({
  meta: {
    name: "logout",
    description: "Forget a server and its token",
    examples: ["swcli instance logout server"],
  },
  args: {
    instance: { type: "positional", required: true, description: "Alias or address" },
  },
  async run({ args, data: out }) {
    const result = await clientFor(out).call("instance.logout", { alias: args.instance });
    out.print(result, (gone) => `Logged out of ${gone.uri} (${gone.alias})`);
  },
});
