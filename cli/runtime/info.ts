/** `swcli runtime info`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { infoDocument } from "#cli/output/views/info-document.ts";
import { bundleView, infoView } from "#cli/output/views/runtime-info.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: {
    name: "info",
    description: "Show everything about one version of a runtime, or about a package file",
    examples: [
      "swcli runtime info mnist",
      "swcli runtime info mnist/version/v1 -of lock",
      "swcli runtime info --bundle mnist.swrt",
    ],
  },
  args: {
    uri: { type: "positional", description: "Runtime URI" },
    "output-filter": {
      type: "string",
      short: ["of"],
      values: ["basic", "runtime_yaml", "manifest", "lock", "all"],
      valueName: "WHAT",
      default: "basic",
      description: "What to show; local runtimes only",
    },
    bundle: { type: "string", valueName: "FILE", description: "A package file (.swrt) instead of a runtime" },
  },
  async run({ args, data: out }) {
    const client = clientFor(out);
    if (args.bundle) return out.print(await client.call("runtime.bundle-info", { file: args.bundle }), bundleView);
    if (!args.uri) throw new SwError("USAGE", "name a runtime, or a package file with --bundle");
    const info = await client.query("runtime.info", { uri: args.uri });
    const filter = args["output-filter"];
    out.print(infoDocument(info, filter), () => infoView(info, filter, out));
  },
});
