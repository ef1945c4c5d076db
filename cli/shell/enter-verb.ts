/** `swcli shell enter`: what the hook calls when it has to ask; prints text that the shell evaluates. Not for people. */
import { awaitState } from "#cli/client/await-ready.ts";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { activateArgs } from "#cli/runtime/activate-args.ts";
import { ASKING_SHELLS, askingShell, hookedShell } from "#cli/shell/hooked-shell.ts";

export default defineCommand({
  meta: {
    name: "enter",
    description: "Print what the shell hook evaluates to enter a runtime",
    hidden: true,
    typedAs: "swcli runtime activate",
    code: true,
  },
  args: {
    ...activateArgs,
    shell: {
      type: "string",
      values: [...ASKING_SHELLS],
      required: true,
      valueName: "SHELL",
      description: "The shell",
    },
    pid: { type: "string", valueName: "PID", description: "The process of the shell" },
  },
  async run({ args, data: out }) {
    const client = clientFor(out);
    const shell = askingShell(args.shell) ?? "bash";
    const fresh = args["force-restore"];
    if (args.writable !== undefined) {
      const pid = Number(args.pid ?? process.ppid);
      const { uri, writable: name, offline } = args;
      const who = { owner_pid: pid, shell_pid: pid, shell: hookedShell(shell) };
      const made = await client.call("env.writable", { uri, name, offline, fresh, ...who });
      return out.print(made.text ?? `${JSON.stringify(made.plan)}\n`, (text) => text);
    }
    const ask = () =>
      client.query("shell.enter", { uri: args.uri, shell, pid: args.pid ? Number(args.pid) : undefined });
    const { compile, offline } = args;
    const ready = await awaitState(client, args.uri, { ask, fresh, compile, offline });
    if (ready.warning) out.warn(ready.warning);
    out.print(ready.text, (text) => text);
  },
});
