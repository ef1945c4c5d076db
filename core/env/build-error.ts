/**
 * What uv said when an environment could not be made, as one error for a person.
 * Tests: test/unit/core/env/build-error.test.ts
 */
import { unsetText } from "#core/config/variables.ts";
import { SwError } from "#core/errors.ts";
import { redactUrl } from "#core/platform/redact.ts";

// The first lines say what and why; uv's hints follow them.
const KEPT_LINES = 12;
const NOISE =
  /^\s*(Using|Resolved|Downloading|Downloaded|Prepared|Preparing|Building|Built|Updating|Updated|Uninstalled) /;

/**
 * @param stderr everything that uv said
 * @param unset variables that the runtime's indexes want and nobody has set
 */
export function buildFailed(stderr: string, unset: readonly string[] = []): SwError {
  const text = essence(redactUrl(stderr));
  if (/no space left on device|\(os error 28\)|quota exceeded/i.test(text)) return diskFull(text);
  return new SwError("ENV_BUILD_FAILED", `the environment could not be made:\n${text}`, { hint: hintFor(text, unset) });
}

/** From the error on, without progress and without the markers that uv writes into names. */
function essence(stderr: string): string {
  const start = stderr.search(/^error: /m);
  const lines = stderr
    .slice(Math.max(0, start))
    .split("\n")
    .filter((line) => line.trim() !== "" && !NOISE.test(line))
    .map((line) => line.replace(/(?<=[\w.-])\{[^{}]*\}/g, ""));
  return lines.slice(0, KEPT_LINES).join("\n");
}

const diskFull = (text: string) =>
  new SwError("DISK_FULL", `no space left for the environment:\n${text}`, {
    hint: "Free some space (`swcli gc` helps) and repeat the command; nothing half-made is used.",
  });

const DAMAGED =
  "The file is not the one that was locked. One of an index: don't use it before you know why. One of a bundle: `swcli doctor --store` finds what is damaged here, then import the bundle again.";

function hintFor(text: string, unset: readonly string[]): string {
  const isRefused = /could not be queried|there is no version of|not found in the package registry/.test(text);
  if (isRefused && unset.length > 0) return `${unsetText(unset)}: an index of this runtime wants it (user:password).`;
  const index = /An index URL \((\S+)\) could not be queried.*\((40[13]) /.exec(text)?.[1];
  if (index !== undefined)
    return `${index} wants a login: give it in ~/.netrc, PIP_INDEX_URL or pip.conf; packages carry none.`;
  // uv takes a refused login for an index without the package, mostly without a word about it.
  if (/there is no version of|not found in the package registry/.test(text)) {
    return "The index does not offer it here: it may want a login (~/.netrc, PIP_INDEX_URL, pip.conf; packages carry none), or be another index than that of the lock.";
  }
  if (/dns error|connect|timed out|offline|network/i.test(text)) {
    return "A package could not be fetched; check the network or the index settings, then repeat the command.";
  }
  if (/hash mismatch|bad crc|failed to extract/i.test(text)) return DAMAGED;
  return "Nothing half-made is used; repeat the command, or see its whole output with -v.";
}
