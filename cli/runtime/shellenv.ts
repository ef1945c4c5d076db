/** `swcli runtime shellenv`: the change of a runtime and its reverse, as shell text or JSON. */
import { offlineArgs } from "#cli/args.ts";
import { awaitReady } from "#cli/client/await-ready.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { detectShell } from "#cli/shell/detect.ts";
import { shellenv } from "#core/env/activation/shellenv.ts";

export default defineCommand({
  meta: {
    name: "shellenv",
    description: "Print what activating a runtime changes, and its reverse, for eval",
    examples: [
      'eval "$(swcli runtime shellenv mnist --shell bash)"',
      "swcli runtime shellenv mnist --shell fish | source",
    ],
  },
  args: {
    uri: { type: "positional", required: true, description: "Runtime URI" },
    ...offlineArgs,
    shell: {
      type: "string",
      values: ["bash", "zsh", "fish", "json"],
      valueName: "SHELL",
      description: "Default: the shell that asks",
    },
  },
  async run({ args, data: out }) {
    const ready = await awaitReady(clientFor(out), args.uri, { pid: shellPid(), offline: args.offline });
    const text = shellenv(ready.plan, shellOf(args.shell, out.json));
    out.print(out.json ? JSON.parse(text) : text, () => text);
  },
});

/** Who evaluates our output; pid 1 is nobody's shell. */
const shellPid = () => (process.ppid > 1 ? process.ppid : undefined);

function shellOf(asked: string | undefined, json: boolean): "bash" | "zsh" | "fish" | "json" {
  if (json) return "json";
  const kind = asked ?? detectShell(process.env, process.ppid).kind;
  return kind === "zsh" || kind === "fish" || kind === "json" ? kind : "bash";
}
