/** `swcli env remove`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { size } from "#cli/output/views/format.ts";

export default defineCommand({
  meta: { name: "remove", description: "Remove an environment; its runtime makes it again when it is activated" },
  args: {
    env: { type: "positional", required: true, description: "Runtime URI, or key, name or path of an environment" },
    force: { type: "boolean", short: ["f"], description: "Also when a process uses it" },
  },
  async run({ args, data: out }) {
    const removed = await clientFor(out).call("env.remove", { env: args.env, force: args.force });
    out.print(removed, ({ prefix, freed_bytes }) => `removed ${prefix} (${size(freed_bytes)})`);
  },
});
