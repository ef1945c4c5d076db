/** `swcli runtime shellenv`: the change of a runtime and its reverse, as shell text or JSON. */
import { offlineArgs } from "#cli/args.ts";
import { awaitReady } from "#cli/client/await-ready.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { detectShell } from "#cli/shell/detect.ts";
import { SHELLENV_KINDS, type ShellenvKind, shellenv } from "#core/env/activation/shellenv.ts";

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
      values: SHELLENV_KINDS,
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

function shellOf(asked: string | undefined, json: boolean): ShellenvKind {
  if (json) return "json";
  return SHELLENV_KINDS.find((kind) => kind === asked) ?? detectShell(process.env, process.ppid).kind;
}
