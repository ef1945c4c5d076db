/** `swcli runtime quickstart shell`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { quickstartView } from "#cli/output/views/quickstart.ts";

export default defineCommand({
  meta: {
    name: "shell",
    description:
      "Write a commented runtime.yaml from what is in a folder: requirements, pyproject.toml, environment.yml",
    examples: ["swcli runtime quickstart shell", "swcli runtime qs shell ~/work/mnist -n mnist -p conda"],
  },
  args: {
    dir: { type: "positional", valueName: "WORKDIR", default: ".", description: "The folder (default: .)" },
    name: {
      type: "string",
      short: ["n"],
      valueName: "NAME",
      description: "Name of the runtime (default: the folder's)",
    },
    "python-env": {
      type: "string",
      short: ["p"],
      values: ["venv", "conda"],
      valueName: "MODE",
      description: "venv or conda (default: conda when there is a conda file)",
    },
    force: { type: "boolean", short: ["f"], description: "Replace a runtime.yaml that is there" },
    // The Python client would otherwise make an environment here and now; ours comes with the first activation.
    "disable-create-env": {
      type: "boolean",
      short: ["dce"],
      hidden: true,
      description: "No environment is made anyway",
    },
  },
  async run({ args, data: out }) {
    const { dir, name, force } = args;
    const mode = args["python-env"];
    out.print(await clientFor(out).call("quickstart.shell", { dir, name, force, mode }), quickstartView);
  },
});
