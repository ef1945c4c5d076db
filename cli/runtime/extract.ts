/** `swcli runtime extract`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";

export default defineCommand({
  meta: {
    name: "extract",
    description: "Write the content of a runtime into a folder and print its path",
    examples: [
      "swcli runtime extract mnist",
      "swcli runtime extract mnist/version/v2 --target-dir ./mnist -f",
      'cd "$(swcli runtime extract mnist)" && swcli runtime build  # change and build it again',
    ],
  },
  args: {
    uri: { type: "positional", required: true, description: "Runtime URI" },
    force: { type: "boolean", short: ["f"], description: "Replace an extracted runtime that is there already" },
    "target-dir": { type: "string", valueName: "DIR", description: "Where to (default: the workdir of the store)" },
  },
  async run({ args, data: out }) {
    const result = await clientFor(out).call("runtime.extract", {
      uri: args.uri,
      targetDir: args["target-dir"],
      force: args.force,
    });
    out.print(result, ({ path }) => path);
  },
});
