/**
 * An error that points at a line of a requirement file or of runtime.yaml. Pure.
 * Tests: test/unit/core/lock/requirements.test.ts
 */
import { type ErrorCode, SwError } from "#core/errors.ts";
import { redactUrl } from "#core/platform/redact.ts";

/** A place that a person can go to; line and column count from 1. Line 0 is the whole of what has no lines, or others than these. */
export interface At {
  file: string;
  line: number;
  column?: number;
}

export interface LineErrorInput {
  code: ErrorCode;
  at: At;
  /** What is wrong, without the place. */
  problem: string;
  /** The offending line as written. */
  source: string;
  hint: string;
  /** For programs, beside the place. */
  detail?: Record<string, unknown>;
}

/** `requirements.txt:3:1: problem` and the line below it. */
export function lineError({ code, at, problem, source, hint, detail }: LineErrorInput): SwError {
  const gutter = `  ${at.line} | `;
  const shown = redactUrl(source);
  const marks = `${" ".repeat(gutter.length - 2)}| ${"^".repeat(Math.max(1, shown.length))}`;
  const lines = at.line === 0 ? [`  ${shown}`] : [gutter + shown, marks];
  return new SwError(code, redactUrl([`${placeOf(at)}: ${problem}`, ...lines].join("\n")), {
    hint,
    detail: { ...detail, file: at.file, ...(at.line > 0 && { line: at.line }) },
  });
}

/** `file:line:column`, `file:line`, or what has no lines. */
export const placeOf = ({ file, line, column }: At): string =>
  [file, ...(line === 0 ? [] : [line]), ...(column === undefined ? [] : [column])].join(":");
