/** `swcli runtime bundle`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { bundleView } from "#cli/output/views/runtime-bundle.ts";

export default defineCommand({
  meta: {
    name: "bundle",
    description: "Write a runtime and every package of its lock into one file, for machines without a network",
    examples: [
      "swcli runtime bundle mnist --file mnist.swrt",
      "swcli runtime bundle mnist/version/v2 --file mnist-arm.swrt --platform arm64",
      "swcli runtime import mnist.swrt && swcli runtime activate --offline mnist  # on the other machine",
    ],
  },
  args: {
    uri: { type: "positional", required: true, description: "Runtime URI" },
    file: { type: "string", required: true, valueName: "FILE", description: "The file to write (.swrt)" },
    platform: {
      type: "string",
      repeat: true,
      valueName: "PLATFORM",
      description: "linux-x86_64, amd64, arm64 …; can be repeated (default: all that the lock covers)",
    },
    force: { type: "boolean", short: ["f"], description: "Replace a file that is there already" },
  },
  async run({ args, data: out }) {
    const { uri, file, platform, force } = args;
    out.print(await clientFor(out).call("runtime.bundle", { uri, file, platforms: platform, force }), bundleView);
  },
});
