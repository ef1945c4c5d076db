/** `swcli runtime build`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { detachArgs, startDetached } from "#cli/job/detach.ts";
import type { Out } from "#cli/output/out.ts";
import { buildView, imageView } from "#cli/output/views/runtime-build.ts";
import { buildSourceParams, emitArgs, environmentArgs, sourceArgs, yamlOnlyArgs } from "#cli/runtime/build-args.ts";
import type { ParamsOf, ResultOf } from "#core/protocol/methods.ts";

export default defineCommand({
  meta: {
    name: "build",
    description: "Build a runtime from a runtime.yaml, an environment or an image, locked with hashes",
    examples: [
      "swcli runtime build  # runtime.yaml in the current folder",
      "swcli runtime build -y example/pytorch/runtime.yaml",
      "swcli runtime build --venv ~/.virtualenvs/pytorch --arch amd64",
      "swcli runtime build --conda pytorch -n pytorch-runtime -t stable",
      "swcli runtime build --docker pytorch/pytorch:1.9.0-cuda11.1-cudnn8-runtime",
    ],
  },
  args: {
    ...sourceArgs,
    name: {
      type: "string",
      short: ["n"],
      valueName: "NAME",
      description: "Name of the runtime (default: name in the yaml, or of the environment or image)",
    },
    project: { type: "string", short: ["p"], valueName: "PROJECT", description: "Project (default: the selected one)" },
    tag: {
      type: "string",
      short: ["t"],
      repeat: true,
      valueName: "TAG",
      description: "Tag the version; can be repeated",
    },
    ...yamlOnlyArgs,
    ...environmentArgs,
    ...emitArgs,
    compile: {
      type: "boolean",
      negatable: true,
      description: "Compile the environment's bytecode in the background",
    },
    prepare: {
      type: "string",
      values: ["background", "wait", "no"],
      valueName: "WHEN",
      description: "When to make the environment (default: background; no without a daemon)",
    },
    ...detachArgs,
  },
  async run({ args, data: out }) {
    const params: ParamsOf<"runtime.build"> = {
      ...buildSourceParams(args),
      name: args.name,
      project: args.project,
      tags: args.tag,
      lock: !args["disable-env-lock"],
      cache: !args["no-cache"],
      prepare: prepareOf(args.prepare),
      compile: args.compile,
    };
    if (args.detach) return await startDetached(out, "runtime.build", params);
    out.print(await buildOrRecall(out, params), args.docker ? imageView : buildView);
  },
});

/** A build of known inputs is one quick question; `null` (also without a daemon) means the work itself. */
async function buildOrRecall(out: Out, params: ParamsOf<"runtime.build">): Promise<ResultOf<"runtime.build">> {
  const client = clientFor(out);
  const recalled = params.source || params.cache === false ? null : await client.recall(params);
  if (!recalled) return await client.call("runtime.build", params);
  for (const warning of recalled.warnings) out.warn(warning);
  return recalled.result;
}

const prepareOf = (text: string | undefined) =>
  text === "background" || text === "wait" || text === "no" ? text : undefined;
