/** `swcli runtime run`: the long way; the warm one is cli/hot.ts. */
import { offlineArgs } from "#cli/args.ts";
import { awaitReady } from "#cli/client/await-ready.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { runWritable } from "#cli/runtime/writable.ts";
import { becomeCommand } from "#cli/shell/become.ts";
import { applyPlan } from "#core/env/activation/plan.ts";
import type { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: {
    name: "run",
    description: "Run a command in a runtime; swcli is replaced by it",
    examples: ["swcli runtime run mnist python train.py --epochs 3", "swcli runtime run mnist/version/v2 -- python -V"],
  },
  args: {
    uri: { type: "positional", required: true, description: "Runtime URI" },
    ...offlineArgs,
    writable: {
      type: "string",
      optionalValue: "",
      valueName: "NAME",
      description: "In a private environment, kept by name or for this shell",
    },
    command: { type: "rest", required: true, description: "The command and its arguments" },
  },
  async run({ args, data: out }) {
    const { uri, writable, command, offline } = args;
    if (writable !== undefined) return await runWritable({ uri, name: writable, offline, out, command });
    const ready = await awaitReady(clientFor(out), uri, { offline });
    if (ready.warning) out.warn(ready.warning);
    out.finish();
    becomeCommand(args.command, applyPlan(ready.plan, process.env));
  },
  /** As env(1) and nice(1) do: 125 when we failed before the command. */
  exitCodeOf: (error: SwError) =>
    error.exitCode === 2 ? 2 : [126, 127].includes(error.exitCode) ? error.exitCode : 125,
});
