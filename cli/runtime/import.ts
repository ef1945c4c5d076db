/** `swcli runtime import`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { importView } from "#cli/output/views/runtime-import.ts";

export default defineCommand({
  meta: {
    name: "import",
    description: "Bring a package file (.swrt) in as a runtime; it is checked before anything is published",
    examples: ["swcli runtime import mnist.swrt", "swcli runtime import mnist.swrt --name mnist-copy -p myproject"],
  },
  args: {
    file: { type: "positional", required: true, valueName: "FILE", description: "The package file" },
    name: {
      type: "string",
      short: ["n"],
      valueName: "NAME",
      description: "Name of the runtime (default: what its runtime.yaml says)",
    },
    project: { type: "string", short: ["p"], valueName: "PROJECT", description: "Project (default: the selected one)" },
    force: { type: "boolean", short: ["f"], description: "Also when the runtime has this version already" },
  },
  async run({ args, data: out }) {
    const { file, name, project, force } = args;
    out.print(await clientFor(out).call("runtime.import", { file, name, project, force }), importView);
  },
});
