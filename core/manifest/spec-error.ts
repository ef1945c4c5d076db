/**
 * Errors and warnings that point into a runtime.yaml: file, line, column, the line itself, a mark under it.
 * Owns: their one form. Knows nothing of yaml. Tests: test/unit/core/manifest/spec-error.test.ts
 */
import { type ErrorCode, SwError } from "#core/errors.ts";
import { maskCredentials } from "#core/manifest/credentials.ts";
import type { At, RuntimeSpec } from "#core/manifest/spec.ts";

/** A place with the number of characters to mark. */
export interface Span extends At {
  width: number;
}

export interface Problem {
  code: ErrorCode;
  at: Span;
  message: string;
  hint?: string;
}

export interface SourceText {
  label: string;
  text: string;
}

/** An error about an item of a spec that was read before: a missing wheel, an unsolvable requirement. */
export function specError(
  spec: Pick<RuntimeSpec, "file" | "text" | "label">,
  at: At,
  problem: { code: ErrorCode; message: string; hint?: string; cause?: unknown },
): SwError {
  const source = { label: spec.label ?? baseName(spec.file), text: spec.text };
  const span = { ...at, width: wordWidth(source.text, at) };
  const detail = { file: spec.file, line: at.line, column: at.column };
  const { hint, cause } = problem;
  return new SwError(problem.code, located(source, span, problem.message), { hint, cause, detail });
}

/** Every problem of one file as one error, in the order of the file; the code is the first one's. */
export function problemsError(source: SourceText, problems: readonly Problem[]): SwError {
  const sorted = problems.toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
  const shown = sorted.filter((p, i) => !sorted.slice(0, i).some((q) => isSame(p, q))).slice(0, MAX_PROBLEMS);
  const blocks = shown.map((p, i) => {
    const text = located(source, p.at, p.message);
    // The last hint is the error's own; the others stand below what they belong to.
    return i < shown.length - 1 && p.hint ? `${text}\n${safe(p.hint)}` : text;
  });
  const first = shown[0];
  const hint = shown.at(-1)?.hint;
  const detail = { file: source.label, line: first?.at.line, column: first?.at.column };
  return new SwError(first?.code ?? "MANIFEST_INVALID", blocks.join("\n"), {
    hint: hint && safe(hint),
    detail,
  });
}

// Enough to mend a file in one go, little enough to read.
const MAX_PROBLEMS = 10;

const isSame = (a: Problem, b: Problem) =>
  a.at.line === b.at.line && a.at.column === b.at.column && a.message === b.message;

/** `file:line:column: message`, without the line itself. */
export const placed = (source: SourceText, at: At, message: string) =>
  `${source.label}:${at.line}:${at.column}: ${safe(message)}`;

/** The message with the line that it is about and a mark below the place. */
export function located(source: SourceText, at: Span, message: string): string {
  const line = lineOf(source.text, at.line);
  const number = String(at.line);
  const { shown, column } = excerpt(printable(line), at.column);
  const pad = shown.slice(0, column - 1).replace(/[^\t]/g, " ");
  const width = Math.max(1, Math.min(at.width, shown.length - column + 1));
  return [
    placed(source, at, message),
    `  ${number} | ${shown}`,
    `  ${" ".repeat(number.length)} | ${pad}${"^".repeat(width)}`,
  ].join("\n");
}

// A line that was minified by a machine must not fill the screen.
const MAX_LINE = 120;

function excerpt(line: string, column: number): { shown: string; column: number } {
  if (line.length <= MAX_LINE) return { shown: line, column };
  const start = Math.max(0, Math.min(column - 1 - MAX_LINE / 2, line.length - MAX_LINE));
  return { shown: line.slice(start, start + MAX_LINE), column: column - start };
}

const lineOf = (text: string, line: number) =>
  (text.replace(/^\uFEFF/, "").split("\n")[line - 1] ?? "").replace(/\r$/, "");

const MAX_WORDS = 300;

/** A message repeats what stands in the file: secrets, escape sequences, a value of ten thousand characters. */
function safe(message: string): string {
  const text = printable(message.replaceAll("\n", " "));
  return text.length > MAX_WORDS ? `${text.slice(0, MAX_WORDS)}…` : text;
}

/** Same length, so that the mark stays under its word; escape sequences must not reach a terminal. */
const printable = (line: string) =>
  maskCredentials(line).replace(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, "\uFFFD");

const baseName = (file: string) => file.slice(file.lastIndexOf("/") + 1);

/** From the place to the end of the quoted or plain word that begins there. */
function wordWidth(text: string, at: At): number {
  const rest = lineOf(text, at.line).slice(at.column - 1);
  const quoted = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(rest);
  return (quoted?.[0] ?? rest.replace(/\s+#.*$/, "").trimEnd()).length;
}
