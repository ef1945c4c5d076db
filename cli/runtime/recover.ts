/** `swcli runtime recover`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { recoveredView } from "#cli/output/views/runtime-life.ts";

export default defineCommand({
  meta: {
    name: "recover",
    description: "Bring removed versions back, with their tags",
    examples: ["swcli runtime recover mnist  # all removed versions", "swcli runtime recover mnist/version/v1"],
  },
  args: {
    runtime: {
      type: "positional",
      required: true,
      description: "Runtime URI; the version as id, its beginning or a tag; without one all removed versions",
    },
    force: { type: "boolean", short: ["f"], description: "Although the name or the version is there again" },
  },
  async run({ args, data: out }) {
    const result = await clientFor(out).call("runtime.recover", { uri: args.runtime, force: args.force });
    for (const line of result.said) out.warn(line);
    out.print(result, recoveredView);
  },
});
