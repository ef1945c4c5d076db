/** The `--writable[=NAME]` of activate and run. */
import { clientFor } from "#cli/client/from-out.ts";
import type { Out } from "#cli/output/out.ts";
import { becomeCommand } from "#cli/shell/become.ts";
import type { Shell } from "#cli/shell/detect.ts";
import { enterShell } from "#cli/shell/enter.ts";
import { applyPlan } from "#core/env/activation/plan.ts";

interface Input {
  uri: string;
  /** "": that of the shell in which this was typed. */
  name: string;
  offline: boolean;
  out: Out;
}

export async function enterWritable(input: Input & { shell: Shell; fresh: boolean }): Promise<never> {
  const { uri, name, offline, fresh, out, shell } = input;
  const params = { uri, name, offline, fresh, owner_pid: process.ppid, shell: shell.kind };
  const ready = await clientFor(out).call("env.writable", params);
  out.finish();
  return enterShell(shell, ready.rc ?? "");
}

export async function runWritable(input: Input & { command: readonly string[] }): Promise<never> {
  const { uri, name, offline, out, command } = input;
  const { plan } = await clientFor(out).call("env.writable", { uri, name, offline, owner_pid: process.ppid });
  out.finish();
  return becomeCommand(command, applyPlan(plan, process.env));
}
