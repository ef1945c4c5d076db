/** `swcli runtime tag`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { tagsView } from "#cli/output/views/runtime-life.ts";

export default defineCommand({
  meta: {
    name: "tag",
    description: "Add tags to a version of a runtime, remove them, or list them",
    examples: [
      "swcli runtime tag mnist  # all tags of the runtime",
      "swcli runtime tag mnist stable  # of the latest version",
      "swcli runtime tag -f mnist/version/v1 stable  # also from another version",
      "swcli runtime tag -r mnist stable",
    ],
  },
  args: {
    runtime: { type: "positional", required: true, description: "Runtime URI" },
    tags: { type: "positional", repeat: true, description: "Tags; all of them or none" },
    remove: { type: "boolean", short: ["r"], description: "Remove the tags" },
    quiet: { type: "boolean", short: ["q"], description: "Leave out tags that can't be added or removed" },
    "force-add": { type: "boolean", short: ["f"], description: "Take a tag from the version that has it" },
  },
  async run({ args, data: out }) {
    const result = await clientFor(out).call("runtime.tag", {
      uri: args.runtime,
      tags: args.tags,
      remove: args.remove,
      force: args["force-add"],
      lenient: args.quiet,
    });
    if (!args.quiet) for (const line of result.said) out.talk(line);
    out.print(result, args.tags.length === 0 ? tagsView : () => "");
  },
});
