/**
 * How an error is shown: message, what to do about it, code; as JSON with `-o json`.
 * Owns the words around our own bugs. Tests: test/unit/cli/run.test.ts
 */
import { safeLines } from "#cli/output/escape.ts";
import type { Paint } from "#cli/output/terminal.ts";
import type { SwError } from "#core/errors.ts";

export interface ErrorDocument {
  error: { code: string; message: string; hint: string | null };
}

export const errorDocument = (error: SwError): ErrorDocument => ({
  error: { code: error.code, message: error.message, hint: error.hint ?? bugHint(error) ?? null },
});

/** Two or three lines for a person; with `-v` the causes, and the stack of what is our bug. */
export function errorText(error: SwError, { verbose, paint }: { verbose: number; paint: Paint }): string {
  const label = error.code === "INTERNAL" ? "error: this is a bug in swcli: " : "error: ";
  const lines = [error.message, lastLine(error)];
  if (verbose > 0) lines.push(...causes(error));
  return paint.red(label) + safeLines(lines.join("\n"));
}

/** The code stands at the right, where it does not distract. */
function lastLine(error: SwError): string {
  const code = `(${error.code})`;
  const hint = error.hint ?? bugHint(error) ?? "";
  const last = hint.slice(hint.lastIndexOf("\n") + 1);
  return hint === "" ? code : `${hint}${" ".repeat(Math.max(2, 76 - last.length - code.length))}${code}`;
}

const bugHint = (error: SwError) =>
  error.code === "INTERNAL"
    ? "Please report it with the command and the output of `swcli -v …` (the stack) and `swcli --version -v`."
    : undefined;

function causes(error: SwError): string[] {
  const lines: string[] = [];
  let cause: unknown = error.cause;
  if (error.code === "INTERNAL") lines.push(stackOf(error));
  for (let depth = 0; cause instanceof Error && depth < 5; depth++) {
    if (error.code !== "INTERNAL") lines.push(`caused by: ${cause.message}`);
    cause = cause.cause;
  }
  return lines;
}

function stackOf(error: SwError): string {
  const stack = error.detail?.stack;
  return typeof stack === "string" ? stack : (error.stack ?? "");
}
