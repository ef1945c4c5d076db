/** `swcli runtime copy`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { copyView } from "#cli/output/views/runtime-copy.ts";

export default defineCommand({
  meta: {
    name: "copy",
    description: "Copy a version of a runtime between this machine, servers, registries and files",
    examples: [
      "swcli runtime cp cloud://pre-k8s/project/mnist/mnist-cloud/version/ge3tkylgha2tenrtmftdgyjzni3dayq .",
      "swcli runtime cp cloud://pre-k8s/project/mnist/mnist-cloud mnist-local -dlp myproject",
      "swcli runtime cp mnist-local/version/latest cloud://pre-k8s/project/mnist",
      "swcli runtime cp mnist-local mnist.swrt",
      "swcli runtime cp mnist.swrt .",
    ],
  },
  args: {
    src: { type: "positional", required: true, description: "Runtime URI, oci://… or a package file (.swrt)" },
    dest: {
      type: "positional",
      required: true,
      description: "The same; a project or `.` keeps the source's name",
    },
    force: { type: "boolean", short: ["f"], description: "Overwrite what is there, and move tags" },
    "skip-existing": { type: "boolean", description: "The same content at the destination is a success" },
    "dest-local-project": {
      type: "string",
      short: ["dlp"],
      valueName: "PROJECT",
      description: "The local project to copy to",
    },
    "ignore-tag": {
      type: "string",
      short: ["i"],
      repeat: true,
      valueName: "TAG",
      description: "Leave a tag behind; can be repeated",
    },
  },
  async run({ args, data: out }) {
    const result = await clientFor(out).call("runtime.copy", {
      src: args.src,
      dest: args.dest,
      force: args.force,
      skipExisting: args["skip-existing"],
      destLocalProject: args["dest-local-project"],
      ignoreTags: args["ignore-tag"],
    });
    out.print(result, copyView);
  },
});
