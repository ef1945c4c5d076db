/**
 * Keeps secrets out of messages, logs and keys: what stands before the `@` of a URL, and the
 * tokens in paths of conda channels.
 * Pure. Tests: test/unit/core/platform/redact.test.ts
 */

// scheme://userinfo@ — userinfo ends at the last @ before the path, so that an unescaped @ in a password is covered.
const USERINFO = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/?#'"`<>]+)@/gi;

// Of conda channels, right behind the host.
const TOKEN = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/'"]+\/t\/)[^\s/'"$]+(?=\/)/gi;

/** Every URL in `text` with its password (and a token) as `***`; a plain user name such as `git` stays. */
export const redactUrl = (text: string): string =>
  text
    .replace(USERINFO, (_, scheme: string, userinfo: string) => `${scheme}${redactUserinfo(scheme, userinfo)}@`)
    .replace(TOKEN, "$1***");

/** The same for any text that goes to a log. */
export const redactText: (text: string) => string = redactUrl;

/** Every URL in `text` without userinfo, so that it can be compared, stored or put into a key. */
export const stripUserinfo = (text: string): string => text.replace(USERINFO, "$1");

/** Says whether a URL carries a secret: a password, or a lone token over http. `git@` and `${VAR}` are none. */
export function hasSecret(url: string): boolean {
  for (const [, scheme = "", userinfo = ""] of url.matchAll(USERINFO)) {
    const parts = userinfo.split(":");
    if (parts.length > 1 ? !isHarmless(parts.slice(1).join(":")) : isToken(scheme, userinfo)) return true;
  }
  return false;
}

function redactUserinfo(scheme: string, userinfo: string): string {
  const colon = userinfo.indexOf(":");
  if (colon >= 0) return `${userinfo.slice(0, colon)}:***`;
  return isToken(scheme, userinfo) ? "***" : userinfo;
}

const isToken = (scheme: string, user: string) =>
  /^(git\+)?https?:/i.test(scheme) && user !== "git" && !isHarmless(user);

/** Nothing, what was redacted before, or a variable that only the user's environment can fill. */
const isHarmless = (part: string) => /^(\*+|(\$\{[A-Z0-9_]+\})+)?$/.test(part);
