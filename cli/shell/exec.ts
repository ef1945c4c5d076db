/**
 * This process becomes another program: found on the PATH it will have, as execvp(3) does, without a stat.
 * Imports only the foreign functions: the hot path uses it. Tests: test/e2e/run.test.ts
 */
import { execve } from "#core/platform/execve.ts";

/** Returns only when no candidate could be executed; see cli/shell/exec-error.ts for the reason. */
export function execProgram(program: string, argv: readonly string[], env: Record<string, string>): void {
  execve(candidates(program, env.PATH), argv, env);
}

/** A name with a slash is a path; an empty entry of PATH means the current folder. */
export function candidates(program: string, path = "/usr/local/bin:/usr/bin:/bin"): string[] {
  if (program.includes("/")) return [program];
  return path.split(":").map((dir) => `${dir || "."}/${program}`);
}
