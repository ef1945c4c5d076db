/**
 * uv's failures in words for the person who wrote the requirements: once, short, with the lines that are involved.
 * Pure but for the error it makes. Tests: test/unit/core/lock/explain.test.ts
 */
import { basename } from "pathe";
import { type ErrorCode, SwError } from "#core/errors.ts";
import { explainTransport } from "#core/lock/explain-transport.ts";
import { lineError, placeOf } from "#core/lock/line-error.ts";
import type { LockInput } from "#core/lock/lock.ts";
import { type PlatformName, platformMarker } from "#core/lock/platforms.ts";
import { PROJECT_NAME } from "#core/lock/project.ts";
import type { RequirementLine } from "#core/lock/requirements.ts";
import { parseUvError, type UvError } from "#core/lock/uv-error.ts";
import { parseWheelName } from "#core/lock/wheel-name.ts";
import { redactUrl } from "#core/platform/redact.ts";

export type ExplainInput = Pick<LockInput, "requirements" | "wheels" | "archFrom"> & { python: { minor: string } };

/** The error for a failed run of uv. */
export function explainFailure(stderr: string, input: ExplainInput): SwError {
  const error = parseUvError(stderr);
  const rejected = /GIVEN VALUE:\s*"((?:[^"\\]|\\.)*)"/.exec(stderr)?.[1];
  if (rejected !== undefined) return rejectedLine(rejected, input);
  if (/^No solution found/.test(error.head)) return unsolvable(error, input);
  const { message, hint, package: name } = explainTransport(error);
  const text = sayRequirements(message, input);
  return withPlaces({ code: "LOCK_FAILED", text, hint, input, package: name ?? firstInvolved(text, input) });
}

/** uv takes a requirement that it can't read for a matter of the build backend, whose report is a page long. */
function rejectedLine(rejected: string, input: ExplainInput): SwError {
  const text: unknown = JSON.parse(`"${rejected}"`);
  const line = allLines(input).find((item) => item.text === text);
  return lineError({
    code: "MANIFEST_REQUIREMENT",
    at: line?.at ?? { file: "requirements", line: 1 },
    problem: "this is not a requirement",
    source: String(text),
    hint: "Write it as PEP 508 says: <name>[extra]>=1.0,<2 ; python_version >= '3.8'",
  });
}

function unsolvable(error: UvError, input: ExplainInput): SwError {
  const platform = splitPlatform(error.head);
  const blocked = error.hints.find((hint) => /40[137] |credentials|Forbidden|Unauthorized/.test(hint));
  if (blocked) return withPlaces({ code: "LOCK_FAILED", text: blocked, hint: ACCESS_HINT, input });
  const reason = sayRequirements(error.causes.join("\n"), input);
  if (/not found in the cache/.test(reason) && error.hints.some((hint) => /network was disabled/.test(hint))) {
    return withPlaces({
      code: "OFFLINE",
      text: reason,
      hint: "The network is switched off (UV_OFFLINE). Unset it, or fetch these packages first.",
      input,
    });
  }
  const where = `for Python ${input.python.minor}${platform ? ` on ${platform}` : ""}`;
  return withPlaces({
    code: "LOCK_UNSOLVABLE",
    text: `the requirements can't be met together ${where}\n${reason}`,
    hint: unsolvableHint(error, reason, input),
    input,
    platform,
    package: missingWheels(error) ?? firstInvolved(reason, input),
  });
}

const ACCESS_HINT =
  "Check the index's address and your credentials (~/.netrc, pip.conf, PIP_INDEX_URL, UV_DEFAULT_INDEX).";

function unsolvableHint(error: UvError, reason: string, { archFrom }: ExplainInput): string {
  // Hints about the generated project would send people looking for a file that they don't have.
  const useful = error.hints.find(
    (hint) => !/tool\.uv|requires-python|pyproject|--find-links|the current one/.test(hint),
  );
  if (useful)
    return useful
      .replace(/\n/g, " ")
      .replace(/\(try: `--prerelease[^`]*`\)/, "(a line --pre in a requirement file does)");
  if (/was not found in/.test(reason)) {
    return "Check the spelling, the index settings (configs.pip.extra_index_url names a further one) and your credentials for them.";
  }
  if (/wheels/.test(reason))
    return `Choose a version with wheels for it, or name fewer platforms with ${archFrom ?? "environment.arch"}.`;
  if (/the requested Python version|Python [\d.]+ does not satisfy/.test(reason)) {
    return "Choose another version of the package, or another environment.python.";
  }
  return "Loosen or remove one of the conditions.";
}

interface PlacesInput {
  code: ErrorCode;
  text: string;
  hint: string;
  input: ExplainInput;
  platform?: PlatformName;
  package?: string;
}

// Enough to see the knot; a full derivation of a large set runs over several screens.
const MAX_REASON_LINES = 16;
const MAX_PLACES = 8;

/** The message, then the lines of the files that it speaks of. */
function withPlaces({ code, text, hint, input, platform, package: name }: PlacesInput): SwError {
  const lines = involvedLines(text, input);
  const shown = lines.slice(0, MAX_PLACES).map((line) => `  ${placeOf(line.at)}: ${redactUrl(line.text)}`);
  const more = lines.length > MAX_PLACES ? [`  … and ${lines.length - MAX_PLACES} more`] : [];
  const wheels = involvedWheels(text, input).map((file) => `  wheels: ${file}`);
  const at = lines[0]?.at;
  const message = [...cut(text), ...shown, ...more, ...wheels].join("\n");
  return new SwError(code, message, {
    hint,
    detail: { platform, package: name, file: at?.file, line: at?.line || undefined },
  });
}

function cut(text: string): string[] {
  const lines = text.split("\n");
  if (lines.length <= MAX_REASON_LINES) return lines;
  return [...lines.slice(0, MAX_REASON_LINES / 2), "…", ...lines.slice(-MAX_REASON_LINES / 2)];
}

/** The names of our generated project and its markers mean nothing to anybody. */
function sayRequirements(text: string, { python }: ExplainInput): string {
  let out = text
    .replaceAll(PROJECT_NAME, "your requirements")
    .replace(/your project's requirements/g, "your requirements")
    .replace(/\byour project depends on\b/g, "you require")
    .replace(/the requested Python version \([^)]*\)/g, `Python ${python.minor}`)
    .replace(/, we can conclude that your requirements are unsatisfiable\.?/g, ": that can't be met.");
  for (const platform of PLATFORMS) {
    for (const marker of [platformMarker(platform), reversed(platformMarker(platform))])
      out = out.replaceAll(`\`${marker}\``, platform);
  }
  return out;
}

const PLATFORMS = ["linux-x86_64", "linux-aarch64", "darwin-arm64", "darwin-x86_64"];
const reversed = (marker: string) => marker.split(" and ").reverse().join(" and ");

const splitPlatform = (head: string): PlatformName | undefined =>
  PLATFORMS.find((platform) => {
    const marker = platformMarker(platform);
    return head.includes(`(markers: ${reversed(marker)}`) || head.includes(`(markers: ${marker}`);
  });

/** The package that uv says has no files for a platform: the one to blame for a dropped platform. */
function missingWheels({ causes }: UvError): string | undefined {
  const match =
    /([A-Za-z0-9][\w.-]*(?:==[^\s,]+)?) has no (?:usable )?`?[^`]*`?-compatible wheels|([\w.-]+==\S+) has no wheels/.exec(
      causes.join("\n"),
    );
  return match?.[1] ?? match?.[2];
}

const allLines = ({ requirements }: ExplainInput): RequirementLine[] => [
  ...requirements.requirements,
  ...requirements.constraints,
];

const involvedLines = (text: string, input: ExplainInput) =>
  allLines(input).filter(({ name }) => name !== undefined && speaksOf(text, name));

const involvedWheels = (text: string, { wheels }: ExplainInput) =>
  wheels.map((path) => basename(path)).filter((file) => speaksOf(text, parseWheelName(file)?.name ?? file));

const firstInvolved = (text: string, input: ExplainInput) => involvedLines(text, input)[0]?.name;

const speaksOf = (text: string, name: string) =>
  new RegExp(`(?<![\\w.@/-])${name.replace(/-/g, "[-_.]+")}(?![\\w-])(?!\\.\\w)`, "i").test(text);
