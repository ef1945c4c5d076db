/**
 * What the conda engine said as one error for a person: short, with the lines of the yaml that are involved. Pure.
 * Tests: test/unit/core/conda/engine-error.test.ts
 */
import { EngineRefusal } from "#core/engines/rattler-worker.ts";
import { type ErrorCode, SwError } from "#core/errors.ts";
import { type At, placeOf } from "#core/lock/line-error.ts";
import { redactUrl } from "#core/platform/redact.ts";

export interface SpecLine {
  text: string;
  at: At;
}

export interface EngineWork {
  doing: "solve" | "install";
  /** "linux-64", for solves. */
  platform?: string;
  lines: readonly SpecLine[];
  /** What to do about an address that wants a login. */
  openHint?: (url: string) => string | undefined;
}

/** Other errors come back as they are. */
export function engineError(e: unknown, work: EngineWork): unknown {
  if (!(e instanceof EngineRefusal)) return e;
  const { kind, message } = e;
  if (kind === "BadSpec") return badSpec(message, work);
  if (kind === "unsolvable") return unsolvable(message, work);
  if (/hash ?mismatch|HashMismatch|sha256.*(mismatch|differ)|expected.*sha256/i.test(`${kind} ${message}`)) {
    return new SwError("HASH_MISMATCH", `a conda package is not the one that was locked:\n${short(message)}`, {
      hint: "Don't use it before you know why; its channel may have replaced it.",
    });
  }
  const code = work.doing === "install" ? "ENV_BUILD_FAILED" : "LOCK_FAILED";
  if (kind === "unreachable" || isUnreachable(message)) return unreachable(message, code, work);
  const failed = `conda packages could not be ${work.doing === "install" ? "installed" : "resolved"}:\n${short(message)}`;
  if (/\(os error (28|122)\)/.test(message))
    return new SwError("DISK_FULL", failed, { hint: "Free some space (`swcli gc` helps) and repeat the command." });
  const isCache = /package cache/.test(message) && /\(os error (1|13|30)\)/.test(message);
  return new SwError(code, failed, isCache ? { hint: CACHE_HINT } : {});
}

const CACHE_HINT = "RATTLER_CACHE_DIR names the folder of the package cache; it has to be one that you may write to.";

/** The first line is the text that can't be read. */
function badSpec(message: string, { lines }: EngineWork): SwError {
  const [text = "", reason = ""] = message.split("\n");
  const at = lines.find((line) => line.text === text)?.at;
  const where = at ? `${placeOf(at)}: ` : "";
  return new SwError("MANIFEST_DEPENDENCY", `${where}${text} is no conda package: ${reason}`, {
    hint: "As in `numpy`, `numpy >=1.20` or `numpy=1.20=py39_0`.",
    detail: { file: at?.file, line: at?.line },
  });
}

const isUnreachable = (message: string) =>
  /could not find subdir|connect|dns error|timed? ?out|error sending request/i.test(message) ||
  /\b(40[134]|5\d\d) [A-Z]/.test(message);

// The tree of reasons of a large set runs over several screens.
const MAX_LINES = 16;

function short(message: string): string {
  const lines = message.trim().split("\n");
  return lines.length <= MAX_LINES ? lines.join("\n") : [...lines.slice(0, MAX_LINES), "…"].join("\n");
}

function unsolvable(message: string, { platform, lines }: EngineWork): SwError {
  const reason = short(message.replace(/^Cannot solve the request because of: /, ""));
  const involved = lines.filter(({ text }) => speaksOf(reason, specName(text)));
  const shown = involved.slice(0, 8).map(({ text, at }) => `  ${placeOf(at)}: ${redactUrl(text)}`);
  const at = involved[0]?.at;
  const where = platform ? ` for ${platform}` : "";
  return new SwError(
    "LOCK_UNSOLVABLE",
    [`the conda packages can't be met together${where}`, reason, ...shown].join("\n"),
    {
      hint: unsolvableHint(reason),
      detail: { platform, package: involved[0] && specName(involved[0].text), file: at?.file, line: at?.line },
    },
  );
}

function unsolvableHint(reason: string): string {
  if (/strict channel priority|strict repo priority/.test(reason)) {
    return "The first channel that has a package is the only one for it. Name another as `CHANNEL::PACKAGE`, or set `channel_priority: flexible` in a condarc.";
  }
  return /No candidates were found|does not exist|not available from current channels/.test(reason)
    ? "Check the name, the version and the channels."
    : "Loosen or remove one of the conditions.";
}

export const specName = (spec: string): string =>
  /^(?:.*::)?([A-Za-z0-9_][\w.-]*)/.exec(spec.trim())?.[1]?.toLowerCase() ?? "";

const speaksOf = (text: string, name: string) =>
  name !== "" && new RegExp(`(?<![\\w.-])${name.replace(/[.]/g, "\\.")}(?![\\w-])`, "i").test(text);

function unreachable(message: string, code: ErrorCode, { openHint }: EngineWork): SwError {
  const url = /url \(([^)]+)\)/.exec(message)?.[1] ?? /(?:https?|file):\/\/[^\s'<>[\]]+/.exec(message)?.[0];
  const last = message.trim().split("\n").at(-1) ?? "";
  const closed = /\b40[13] [A-Z]/.test(message) && url !== undefined ? openHint?.(url) : undefined;
  return new SwError(code, `the channel can't be reached: ${url ?? ""} (${last.replace(/^Caused by: /, "")})`, {
    hint: closed ?? unreachableHint(message),
    detail: { url },
  });
}

const unreachableHint = (message: string): string =>
  /certificate/i.test(message)
    ? "Name the authority that signed it: SSL_CERT_FILE, or ssl_verify in your condarc."
    : "Check the channel's address, the network, and proxy or credentials for it (netrc, condarc).";
