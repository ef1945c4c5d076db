/** `swcli runtime build`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { buildView } from "#cli/output/views/runtime-build.ts";

export default defineCommand({
  meta: {
    name: "build",
    description: "Build a runtime from a runtime.yaml, locked with hashes",
    examples: [
      "swcli runtime build  # runtime.yaml in the current folder",
      "swcli runtime build -y example/pytorch/runtime.yaml",
      "swcli runtime build -n pytorch-runtime -t stable",
    ],
  },
  args: {
    yaml: {
      type: "string",
      short: ["y"],
      valueName: "FILE",
      default: "runtime.yaml",
      description: "The runtime.yaml to build from",
    },
    name: {
      type: "string",
      short: ["n"],
      valueName: "NAME",
      description: "Name of the runtime (default: name in the yaml)",
    },
    project: { type: "string", short: ["p"], valueName: "PROJECT", description: "Project (default: the selected one)" },
    tag: {
      type: "string",
      short: ["t"],
      repeat: true,
      valueName: "TAG",
      description: "Tag the version; can be repeated",
    },
    "disable-env-lock": {
      type: "boolean",
      short: ["del"],
      description: "Don't lock: the first activation resolves, the package is not pinned",
    },
    "no-cache": { type: "boolean", short: ["nc"], description: "Resolve anew and make the environment from scratch" },
    prepare: {
      type: "string",
      values: ["background", "wait", "no"],
      valueName: "WHEN",
      description: "When to make the environment (default: background; no without a daemon)",
    },
  },
  async run({ args, data: out }) {
    const result = await clientFor(out).call("runtime.build", {
      yaml: args.yaml,
      name: args.name,
      project: args.project,
      tags: args.tag,
      lock: !args["disable-env-lock"],
      cache: !args["no-cache"],
      prepare: prepareOf(args.prepare),
    });
    out.print(result, buildView);
  },
});

const prepareOf = (text: string | undefined) =>
  text === "background" || text === "wait" || text === "no" ? text : undefined;
