/** Becomes a command or says why not; the long way's last step. Tests: test/e2e/run.test.ts */

import { execProgram } from "#cli/shell/exec.ts";
import { execError, shellFallback } from "#cli/shell/exec-error.ts";

/** @throws RUN_NOT_FOUND (127), RUN_NOT_EXECUTABLE (126) */
export function becomeCommand(argv: readonly string[], env: Record<string, string>): never {
  const [program = ""] = argv;
  execProgram(program, argv, env);
  const script = shellFallback(program, env);
  if (script) execProgram("/bin/sh", ["sh", script, ...argv.slice(1)], env);
  throw execError(program, argv, env);
}
