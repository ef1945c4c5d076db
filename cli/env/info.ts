/** `swcli env info`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { envInfoView } from "#cli/output/views/envs.ts";

export default defineCommand({
  meta: { name: "info", description: "Show one environment: interpreter, size, last use, who uses it" },
  args: {
    env: { type: "positional", required: true, description: "Runtime URI, or key, name or path of an environment" },
  },
  async run({ args, data: out }) {
    out.print(await clientFor(out).call("env.info", { env: args.env }), envInfoView);
  },
});
