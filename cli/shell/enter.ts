/** Enters the sub-shell of an activated runtime: the shell that started us, replaced into this process. */
import { isatty } from "node:tty";
import { becomeCommand } from "#cli/shell/become.ts";
import { detectShell, type Shell } from "#cli/shell/detect.ts";
import { execProgram } from "#cli/shell/exec.ts";
import { subshell } from "#cli/shell/subshell.ts";

export const thisShell = (): Shell => detectShell(process.env, process.ppid);

/** `rcDir` holds the start files that the daemon rendered for this kind of shell. */
export function enterShell(shell: Shell, rcDir: string): never {
  const exec = subshell({ shell, rcDir, env: process.env, interactive: isatty(0) });
  execProgram(exec.file, exec.argv, exec.env);
  return becomeCommand([exec.file, ...exec.argv.slice(1)], exec.env);
}
