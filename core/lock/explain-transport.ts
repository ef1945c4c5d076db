/**
 * Failures of uv that are not about versions: indexes and hosts out of reach, repositories, source builds. Pure.
 * Tests: test/unit/core/lock/explain.test.ts
 */
import type { UvError } from "#core/lock/uv-error.ts";

export interface Explanation {
  message: string;
  hint: string;
  /** The package that was asked for, where uv says so. */
  package?: string;
}

/** What happened and what to do, in a few lines. */
export function explainTransport(error: UvError): Explanation {
  if (error.causes.includes("Git operation failed")) return explainGit(error);
  const all = [error.head, ...error.causes];
  const url = all.map((text) => /Failed to fetch: `?(\S+?)`?$/m.exec(text)?.[1]).find((found) => found !== undefined);
  // The source itself is not to be had; what is missing to build it is told by the build.
  const isSource = url !== undefined && error.head.includes(url.replace(/[?#].*$/, ""));
  if (/^Failed to (download and )?build/.test(error.head) && !isSource) return explainBuild(error);
  if (url !== undefined) return explainFetch(error, url);
  return {
    message: all.join("\n"),
    hint: error.hints[0]?.replace(/\n/g, " ") ?? "Repeat with -v to see what uv says.",
    package: namedIn(error.head),
  };
}

function explainFetch(error: UvError, url: string): Explanation {
  const name = /\/([A-Za-z0-9][\w.-]*)\/?$/.exec(url.replace(/[?#].*$/, ""))?.[1];
  const named = namedIn(error.head) ?? name;
  const reason = lastOf(error.causes).replace(/ for url \(.*\)$/, "");
  const refused = /\((401|403|407) /.test(reason);
  const missing = /\((404|410) /.test(reason);
  const hint = refused
    ? "Check your credentials for it (~/.netrc, pip.conf, PIP_INDEX_URL, UV_DEFAULT_INDEX)."
    : missing
      ? "Check the address; the file is not there."
      : "Check the network, the proxy and the index settings (configs.pip, pip.conf, PIP_INDEX_URL, UV_DEFAULT_INDEX), then repeat.";
  return { message: `can't get ${named ?? "a package"} from ${hostOf(url)}: ${reason}\n${url}`, hint, package: named };
}

function explainGit(error: UvError): Explanation {
  const requirement = /`(.+)`/.exec(error.head)?.[1] ?? error.head;
  const url = /git\+(\S+)/.exec(requirement)?.[1] ?? "";
  const told = lastOf(error.causes)
    .split("\n")
    .filter((line) => /^(fatal|error|remote|ssh):/i.test(line) || /Permission denied|Host key/.test(line));
  const reason = told.length > 0 ? told.slice(-3).join("\n") : lastOf(error.causes);
  const host = hostOf(url);
  return {
    message: `can't get the repository of ${requirement} from ${host}\n${reason}`,
    hint: gitHint(reason, host),
    package: namedIn(error.head),
  };
}

function gitHint(reason: string, host: string): string {
  if (/--offline/.test(reason))
    return "The network is switched off (UV_OFFLINE). Unset it, or name a commit that was fetched before.";
  if (/couldn't find remote ref|not our ref|reference is not a tree/i.test(reason))
    return "Check the branch, tag or commit after the @.";
  if (/not found|does not exist/i.test(reason)) return "Check the repository's address.";
  if (/denied|auth|terminal prompts|credential|username/i.test(reason)) {
    return `Check that git itself can read it (git ls-remote): credentials or keys for ${host} are missing.`;
  }
  return `Check that this machine can reach ${host} (network, proxy, firewall).`;
}

/** The backend's last words tell most; the rest is a trace. */
function explainBuild(error: UvError): Explanation {
  const requirement = /`(.+)`/.exec(error.head)?.[1] ?? "a package";
  const words = error.causes
    .join("\n")
    .split("\n")
    .filter((line) => line !== "" && !/^\[std(out|err)\]$/.test(line));
  return {
    message: [`can't build ${requirement} from source to read its requirements`, ...words.slice(-8)].join("\n"),
    hint: "Choose a version that has wheels, or install what the build wants (compiler, headers) on this machine.",
    package: namedIn(error.head),
  };
}

const namedIn = (head: string) => /`([A-Za-z0-9][\w.-]*?)(?:\[[^\]]*\])?(?:==| @ |`)/.exec(head)?.[1];
const lastOf = (causes: readonly string[]) => causes.at(-1) ?? "";

function hostOf(url: string): string {
  const host = /^[a-z+]+:\/\/(?:[^@/]*@)?([^/:?#]+(?::\d+)?)/i.exec(url)?.[1];
  return host ?? url;
}
