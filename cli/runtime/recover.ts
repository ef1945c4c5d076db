/** `swcli runtime recover`. */
import { hereOrOnServer } from "#cli/client/elsewhere.ts";
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
    const client = clientFor(out);
    const done = await hereOrOnServer(
      () => client.call("runtime.recover", { uri: args.runtime, force: args.force }),
      () => client.call("server.recover", { uri: args.runtime }),
    );
    if (done.on === "server") {
      const { serverRecoveredView } = await import("#cli/output/views/server-runtimes.ts");
      return out.print(done.result, serverRecoveredView);
    }
    for (const line of done.result.said) out.warn(line);
    out.print(done.result, recoveredView);
  },
});
