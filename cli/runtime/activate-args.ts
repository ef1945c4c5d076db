/** Arguments of `runtime activate`, the same for the sub-shell and for the hook. */
import { type ArgDefs, offlineArgs } from "#cli/args.ts";

export const activateArgs = {
  uri: { type: "positional", required: true, description: "Runtime URI" },
  "force-restore": { type: "boolean", short: ["f"], description: "Make the environment from scratch" },
  compile: {
    type: "boolean",
    negatable: true,
    description: "Compile the environment's bytecode in the background",
  },
  ...offlineArgs,
  writable: {
    type: "string",
    optionalValue: "",
    valueName: "NAME",
    description: "A private environment to install into, kept by name or for this shell",
  },
} as const satisfies ArgDefs;
