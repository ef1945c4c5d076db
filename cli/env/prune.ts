/** `swcli env prune`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { pruneView } from "#cli/output/views/envs.ts";

export default defineCommand({
  meta: {
    name: "prune",
    description:
      "Remove environments that no runtime needs, that nobody used for a month, that were made for a shell that has ended, or that are over swcli.limits.envs_size of the config (20GiB, say)",
  },
  args: { "dry-run": { type: "boolean", description: "Only say what would go" } },
  async run({ args, data: out }) {
    out.print(await clientFor(out).call("env.prune", { dry_run: args["dry-run"] }), pruneView);
  },
});
