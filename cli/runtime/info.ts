/** `swcli runtime info`. */

import type { Client } from "#cli/client/client.ts";
import { hereOrOnServer } from "#cli/client/elsewhere.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import type { Out } from "#cli/output/out.ts";
import { type InfoFilter, infoDocument } from "#cli/output/views/info-document.ts";
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
      description: "What to show; of a server basic or manifest",
    },
    bundle: { type: "string", valueName: "FILE", description: "A package file (.swrt) instead of a runtime" },
  },
  async run({ args, data: out }) {
    const client = clientFor(out);
    if (args.bundle) return out.print(await client.call("runtime.bundle-info", { file: args.bundle }), bundleView);
    if (!args.uri) throw new SwError("USAGE", "name a runtime, or a package file with --bundle");
    const { uri } = args;
    const filter = args["output-filter"];
    const found = await hereOrOnServer(
      () => client.query("runtime.info", { uri }),
      () => infoOnServer(client, { uri, filter, out }),
    );
    if (found.on === "here") out.print(infoDocument(found.result, filter), () => infoView(found.result, filter, out));
  },
});

/** A server keeps the manifest apart, and the rest only inside the package. */
async function infoOnServer(
  client: Client,
  { uri, filter, out }: { uri: string; filter: InfoFilter; out: Out },
): Promise<void> {
  if (filter !== "basic" && filter !== "manifest") {
    throw new SwError("USAGE", `a server does not show ${filter}`, {
      hint: `Copy it first: swcli runtime copy ${uri} .`,
    });
  }
  const { serverInfoView, serverManifestView } = await import("#cli/output/views/server-runtimes.ts");
  const info = await client.call("server.info", { uri });
  const { manifest, manifest_text: _, ...basic } = info;
  if (filter === "manifest") out.print({ data: manifest }, () => serverManifestView(info));
  else out.print({ basic }, () => serverInfoView(info, out));
}
