/** `swcli gc`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { mayGoOn } from "#cli/output/consent.ts";
import { gcView } from "#cli/output/views/gc.ts";

export default defineCommand({
  meta: {
    name: "gc",
    description:
      "Free the space of removed versions, of environments that no runtime needs, and of image layers not used for long",
    examples: [
      "swcli gc --dry-run",
      "swcli gc --yes --older-than 30d",
      "swcli gc --envs  # also environments not used for a month, or over swcli.limits.envs_size of the config",
    ],
  },
  args: {
    "dry-run": { type: "boolean", description: "Only say what would go" },
    yes: { type: "boolean", short: ["y"], description: "Don't ask" },
    "older-than": {
      type: "string",
      valueName: "AGE",
      description: "Leave what was removed or used within that time, such as 12h or 30d",
    },
    envs: { type: "boolean", description: "Also environments of runtimes, by last use and size limit" },
  },
  async run({ args, data: out }) {
    const params = { older_than: args["older-than"], envs: args.envs };
    const client = clientFor(out);
    const sure = args.yes || args["dry-run"];
    await mayGoOn(out, {
      sure,
      question: async () => {
        const plan = await client.call("gc", { ...params, dry_run: true });
        out.talk(gcView(plan));
        return "Remove this for good?";
      },
    });
    out.print(await client.call("gc", { ...params, dry_run: args["dry-run"] }), gcView);
  },
});
