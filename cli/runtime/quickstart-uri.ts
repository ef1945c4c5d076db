/** `swcli runtime quickstart uri`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { quickstartView } from "#cli/output/views/quickstart.ts";

export default defineCommand({
  meta: {
    name: "uri",
    description: "Start a folder from an existing runtime: its runtime.yaml, files, wheels and lock",
    examples: ["swcli runtime quickstart uri mnist ./mnist-next", "swcli runtime qs uri mnist/version/v2 . -n mine -f"],
  },
  args: {
    uri: { type: "positional", required: true, description: "Runtime URI" },
    dir: {
      type: "positional",
      required: true,
      valueName: "WORKDIR",
      description: "The folder; made when it is absent",
    },
    name: {
      type: "string",
      short: ["n"],
      valueName: "NAME",
      description: "Name of the runtime (default: the folder's)",
    },
    force: { type: "boolean", short: ["f"], description: "Replace files that are there" },
    "disable-restore": {
      type: "boolean",
      short: ["dr"],
      description: "Don't make the environment of the runtime that it starts from",
    },
  },
  async run({ args, data: out }) {
    const { uri, dir, name, force } = args;
    const restore = !args["disable-restore"];
    out.print(await clientFor(out).call("quickstart.uri", { uri, dir, name, force, restore }), quickstartView);
  },
});
