/**
 * One requirement as PEP 508 text with a name, whatever way pip lets people write it.
 * Refuses what a package can't carry. Touches no disk. Tests: test/unit/core/lock/requirements.test.ts
 */
import { isMarker, isSpecifier } from "#core/lock/pep508.ts";
import { normalizeName, parseWheelName } from "#core/lock/wheel-name.ts";
import { hasSecret } from "#core/platform/redact.ts";

export interface ParsedRequirement {
  /** PEP 508, no hashes or options. */
  text: string;
  /** Normalised. */
  name: string;
  kind: "named" | "url" | "vcs";
  /** Hashes that stood in the URL's fragment. */
  hashes: string[];
}

/** What is wrong with a requirement and what to write instead; the caller knows the place. */
export class RequirementError extends Error {
  readonly hint: string;
  constructor(problem: string, hint: string) {
    super(problem);
    this.hint = hint;
  }
}

/**
 * @param text the requirement with variables filled in
 * @param written the same as written: secrets must not stand in it
 * @throws RequirementError
 */
export function parseRequirement(text: string, written: string = text): ParsedRequirement {
  if (hasSecret(written)) throw secretInFile();
  if (/^[a-z]+\+/i.test(text)) return bareVcs(text);
  const named = /^([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*@\s*(.+)$/s.exec(text);
  if (named) return namedUrl(named[1] ?? "", named[2] ?? "", named[3] ?? "");
  if (/^https?:\/\//i.test(text)) return bareUrl(text);
  if (isLocal(text)) throw localPath(text);
  return namedRequirement(text);
}

/** What must go into a lock as it was written, since a variable in it may hold a secret. */
export function writtenSecrets(written: string): { userinfo?: string; query?: string } {
  const userinfo = /:\/\/([^\s/@]*\$\{[A-Z0-9_]+\}[^\s/@]*)@/.exec(written)?.[1];
  const query = /\?([^\s#]*\$\{[A-Z0-9_]+\}[^\s#]*)/.exec(written)?.[1];
  return { ...(userinfo === undefined ? {} : { userinfo }), ...(query === undefined ? {} : { query }) };
}

/** Refuses `-e`, saying what to write for the very thing that was made editable. */
export function editableError(value: string): RequirementError {
  if (/^git\+/i.test(value)) {
    return new RequirementError("an editable requirement can't be carried in a package", `Drop the -e: ${value}`);
  }
  return localPath(value);
}

function namedUrl(name: string, extras: string, rest: string): ParsedRequirement {
  const { url, marker } = splitMarker(rest);
  if (/^[a-z]+\+/i.test(url)) return vcsRequirement(name + extras, url, marker);
  if (!/^https?:\/\//i.test(url)) throw localPath(url);
  return urlRequirement(name + extras, url, marker);
}

function bareUrl(text: string): ParsedRequirement {
  const { url, marker } = splitMarker(text);
  const name = fragment(url).get("egg") ?? nameOfFile(url);
  if (name !== undefined) return urlRequirement(name, url, marker);
  throw new RequirementError("the URL does not say the package's name", `Write <name> @ ${url}`);
}

function bareVcs(text: string): ParsedRequirement {
  const { url, marker } = splitMarker(text);
  checkVcs(url);
  const egg = fragment(url).get("egg");
  if (egg) return vcsRequirement(egg, url, marker);
  throw new RequirementError("the repository does not say the package's name", `Write <name> @ ${url}`);
}

function vcsRequirement(name: string, url: string, marker: string): ParsedRequirement {
  checkVcs(url);
  const subdirectory = fragment(url).get("subdirectory");
  const clean = url.replace(/#.*$/s, "") + (subdirectory ? `#subdirectory=${subdirectory}` : "");
  return { text: `${name} @ ${clean}${marker}`, name: plainName(name), kind: "vcs", hashes: [] };
}

function urlRequirement(name: string, url: string, marker: string): ParsedRequirement {
  const parts = fragment(url);
  const hashes = [...parts].filter(([key]) => /^(sha(256|384|512)|md5|sha1)$/.test(key)).map(([k, v]) => `${k}:${v}`);
  const subdirectory = parts.get("subdirectory");
  const clean = url.replace(/#.*$/s, "") + (subdirectory ? `#subdirectory=${subdirectory}` : "");
  return { text: `${name} @ ${clean}${marker}`, name: plainName(name), kind: "url", hashes };
}

const UNUSABLE: Readonly<Record<string, string>> = {
  file: "a repository on this machine can't be carried in a package",
  git: "git:// neither encrypts nor proves who answers, and is not supported",
};

function checkVcs(url: string): void {
  const scheme = /^([a-z]+)\+([a-z]*)/i.exec(url);
  if (scheme?.[1]?.toLowerCase() !== "git") {
    throw new RequirementError(
      `${scheme?.[1] ?? "this"} repositories are not supported`,
      "Use a git repository, or publish the package.",
    );
  }
  if (!/^git\+(https?|ssh):\/\//i.test(url)) {
    throw new RequirementError(
      UNUSABLE[scheme[2]?.toLowerCase() ?? ""] ?? "the repository's URL can't be read",
      "Write git+https://<host>/<path> or git+ssh://git@<host>/<path>.",
    );
  }
}

function namedRequirement(text: string): ParsedRequirement {
  const semicolon = text.indexOf(";");
  const head = (semicolon < 0 ? text : text.slice(0, semicolon)).trim();
  const marker = semicolon < 0 ? "" : text.slice(semicolon + 1).trim();
  const parts = /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(\[[\w\s,.-]*\])?\s*(.*)$/s.exec(head);
  if (!parts) throw new RequirementError("this is not a requirement", "Write <name>, or <name>==<version>.");
  const [, name = "", extras = "", specifier = ""] = parts;
  if (!isSpecifier(specifier)) throw badSpecifier(name, specifier);
  if (semicolon >= 0) checkMarker(marker);
  const clean = specifier.replace(/\s*,\s*$/, "");
  const condition = marker === "" ? "" : ` ; ${marker}`;
  return {
    text: `${name}${extras.replace(/\s/g, "")}${clean}${condition}`,
    name: normalizeName(name),
    kind: "named",
    hashes: [],
  };
}

function badSpecifier(name: string, specifier: string): RequirementError {
  const single = /^=\s*([^=\s]+)$/.exec(specifier);
  if (single) return new RequirementError(`"${specifier}" is not a version condition`, `Write ${name}==${single[1]}`);
  const apart = isSpecifier(specifier.replace(/([^\s,=<>!~])\s+(?=[=<>!~])/g, "$1,"));
  if (apart)
    return new RequirementError(`"${specifier}" is not a version condition`, "Put a comma between the conditions.");
  return new RequirementError(
    `"${specifier}" is not a version condition`,
    `Write ${name}==<version>, or >=, <, ~=, != with commas between.`,
  );
}

function checkMarker(marker: string): void {
  if (isMarker(marker)) return;
  throw new RequirementError(
    `"${marker}" is not an environment marker`,
    `Write for instance ; python_version >= "3.8"`,
  );
}

/** A URL ends at white space and a semicolon: a semicolon alone may belong to it. */
function splitMarker(text: string): { url: string; marker: string } {
  const match = /^(\S+)\s+;\s*(.*)$/s.exec(text);
  if (!match) {
    if (/\s/.test(text.trim()))
      throw new RequirementError("a URL holds no blanks", "Write %20 for a blank, and ' ;' before a marker.");
    return { url: text.trim(), marker: "" };
  }
  checkMarker(match[2] ?? "");
  return { url: match[1] ?? "", marker: ` ; ${match[2]}` };
}

const fragment = (url: string) =>
  new Map(new URLSearchParams(url.includes("#") ? url.slice(url.indexOf("#") + 1) : ""));
const plainName = (name: string) => normalizeName(name.replace(/\[.*$/s, "").trim());

function nameOfFile(url: string): string | undefined {
  const file = decodeURIComponent(
    url
      .replace(/[?#].*$/s, "")
      .split("/")
      .pop() ?? "",
  );
  const wheel = parseWheelName(file);
  if (wheel) return wheel.name;
  return /^(.+)-\d[^-]*\.(?:tar\.gz|tgz|tar\.bz2|tar\.xz|zip)$/.exec(file)?.[1];
}

const isLocal = (text: string) =>
  /^(\.|\/|~|file:|[A-Za-z]:\\)/i.test(text) ||
  /^[^\s;[=<>!~]*\//.test(text) ||
  /\.(whl|tar\.gz|tgz|zip)(\s*;|$)/i.test(text);

function localPath(path: string): RequirementError {
  if (/\.whl$/i.test(path.trim())) {
    const hint = "List the wheel under `wheels:` in runtime.yaml; it is carried in the package then.";
    return new RequirementError("a path of this machine can't be carried in a package", hint);
  }
  return new RequirementError(
    "a path of this machine can't be carried in a package",
    "Build a wheel of it and list that under `wheels:`, publish it, or use its repository: <name> @ git+https://…",
  );
}

/** @param or where a login may stand instead */
export const secretInFile = (or = "~/.netrc"): RequirementError =>
  new RequirementError(
    "the URL holds a password or token, and this file becomes a part of the package",
    `Write \${VARIABLE} in its place and set the variable, or use ${or}.`,
  );
