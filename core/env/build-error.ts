/** What uv said when an environment could not be made, as one error for a person. */
import { SwError } from "#core/errors.ts";
import { redactUrl } from "#core/platform/redact.ts";

// The first lines say what and why; uv's hints follow them.
const KEPT_LINES = 12;

export function buildFailed(stderr: string): SwError {
  const lines = redactUrl(stderr)
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^(Using|Resolved|Downloading|Prepared|Building) /.test(line));
  const text = lines.slice(0, KEPT_LINES).join("\n");
  return new SwError("ENV_BUILD_FAILED", `the environment could not be made:\n${text}`, { hint: hintFor(text) });
}

function hintFor(text: string): string {
  if (/dns error|Connect|timed out|offline|network/i.test(text)) {
    return "A package could not be fetched; check the network or the index settings, then repeat the command.";
  }
  if (/hash mismatch/i.test(text))
    return "A file on the index is not the one that was locked; don't use it before you know why.";
  return "Nothing half-made is used; repeat the command, or see its whole output with -v.";
}
