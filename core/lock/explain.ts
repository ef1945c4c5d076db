/**
 * uv's failures in words for the person who wrote the requirements. Pure but for the error it makes.
 * Tests: test/unit/core/lock/explain.test.ts
 */
import { SwError } from "#core/errors.ts";
import { placeOf } from "#core/lock/line-error.ts";
import { PROJECT_NAME } from "#core/lock/project.ts";
import type { RequirementLine, Requirements } from "#core/lock/requirements.ts";
import { redactUrl } from "#core/platform/redact.ts";

/** The error for a failed `uv lock`. */
export function explainFailure(stderr: string, requirements: Requirements): SwError {
  const text = shorten(stderr);
  const code = /No solution found/.test(stderr) ? "LOCK_UNSOLVABLE" : "LOCK_FAILED";
  const places = involvedLines(text, requirements).map((line) => `  ${placeOf(line.at)}: ${redactUrl(line.text)}`);
  return new SwError(code, [text, ...places].join("\n"));
}

function shorten(stderr: string): string {
  return redactUrl(stderr)
    .split("\n")
    .filter((line) => !/^(Using |Resolved )/.test(line))
    .join("\n")
    .replaceAll(PROJECT_NAME, "your requirements")
    .trim();
}

const involvedLines = (text: string, { requirements, constraints }: Requirements): RequirementLine[] =>
  [...requirements, ...constraints].filter(
    ({ name }) => name !== undefined && new RegExp(`(?<![\\w.-])${name}(?![\\w-])`, "i").test(text),
  );
