/** `swcli runtime history`. */
import { hereOrOnServer } from "#cli/client/elsewhere.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { versionsView } from "#cli/output/views/runtime-versions.ts";
import { pageArgs, pageNumber } from "#cli/page-args.ts";

export default defineCommand({
  meta: {
    name: "history",
    description: "Show the versions of a runtime, newest first",
    examples: ["swcli runtime history mnist"],
  },
  args: {
    uri: { type: "positional", required: true, description: "Runtime URI" },
    fullname: { type: "boolean", description: "Show full version ids (12 characters otherwise)" },
    ...pageArgs,
  },
  async run({ args, data: out }) {
    const client = clientFor(out);
    const found = await hereOrOnServer(
      () => client.query("runtime.history", { uri: args.uri }),
      () =>
        client.call("server.history", {
          uri: args.uri,
          page: pageNumber(args.page, 1),
          size: pageNumber(args.size, 20),
        }),
    );
    const look = { fullname: args.fullname, names: false };
    if (found.on === "here") return out.print(found.result, versionsView(look));
    const { serverRowsView } = await import("#cli/output/views/server-runtimes.ts");
    out.print(found.result, serverRowsView(look));
  },
});
