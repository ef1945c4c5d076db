/**
 * Why a program could not be executed, with the codes that shells use: 127 not there, 126 there but not executable.
 * Tests: test/e2e/run.test.ts
 */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { candidates } from "#cli/shell/exec.ts";
import { errno, SwError } from "#core/errors.ts";

// Linux's limit for one string of an environment or argument list (MAX_ARG_STRLEN).
const MAX_STRING = 131_072;

export function execError(program: string, argv: readonly string[], env: Record<string, string>): SwError {
  const there = candidates(program, env.PATH).filter(isFile);
  const [file] = there;
  if (file === undefined) {
    return new SwError("RUN_NOT_FOUND", `${program}: command not found in the runtime or on the PATH`, {
      hint: "Check its spelling, or whether the runtime holds the package that brings it.",
    });
  }
  const long = Object.entries(env).find(([key, value]) => key.length + value.length + 2 > MAX_STRING)?.[0];
  const tooLong = long ?? argv.find((arg) => arg.length >= MAX_STRING)?.slice(0, 40);
  if (tooLong)
    return new SwError("RUN_NOT_EXECUTABLE", `${program}: ${tooLong} is longer than the system passes on (128 KiB)`);
  if (!isExecutable(file))
    return new SwError("RUN_NOT_EXECUTABLE", `${file}: permission denied`, { hint: `chmod +x ${file}` });
  return new SwError("RUN_NOT_EXECUTABLE", `${file}: can't be executed${interpreterOf(file)}`);
}

/** A script without a `#!` line is run by sh, as execvp(3) does. */
export function shellFallback(program: string, env: Record<string, string>): string | undefined {
  const file = candidates(program, env.PATH).find((path) => isFile(path) && isExecutable(path));
  if (file === undefined) return undefined;
  const start = readFileSync(file).subarray(0, 64);
  return start.subarray(0, 2).toString() === "#!" || start.includes(0) ? undefined : file;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (e) {
    if (errno(e) === undefined) throw e;
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (e) {
    if (errno(e) === undefined) throw e;
    return false;
  }
}

function interpreterOf(file: string): string {
  const [line = ""] = readFileSync(file).subarray(0, 256).toString("latin1").split("\n");
  return line.startsWith("#!") ? `; its interpreter is ${line.slice(2).trim()}` : " (wrong kind of binary?)";
}
