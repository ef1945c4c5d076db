/** `~/.netrc` (or `NETRC`): logins by host, as curl and pip read them. Tests: test/unit/core/config/netrc.test.ts */

import { errno } from "#core/errors.ts";
import type { Env } from "#core/platform/env.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { homeDir } from "#core/platform/paths.ts";

/** host → `user:password`; a file that can't be read says nothing. */
export async function netrcLogins(env: Env): Promise<Map<string, string>> {
  try {
    return parseNetrc((await readTextIfAny(env.NETRC || `${homeDir(env)}/.netrc`)) ?? "");
  } catch (e) {
    if (errno(e) === undefined) throw e;
    return new Map();
  }
}

/** The text of a netrc with these logins before the user's own, which a program then reads instead. */
export async function netrcText(env: Env, logins: Readonly<Record<string, string>>): Promise<string> {
  const all = new Map([...(await netrcLogins(env)), ...Object.entries(logins)]);
  return loginsText([...all]);
}

/** host and `user:password` as a netrc. */
export const loginsText = (logins: readonly (readonly [host: string, login: string])[]): string =>
  logins.map(([host, login]) => entryText(host, login)).join("");

function entryText(host: string, login: string): string {
  const [user = "", password = ""] = login.split(/:(.*)/s);
  return `machine ${host} login ${word(user)} password ${word(password)}\n`;
}

const word = (text: string) => (/^[^\s"\\#]+$/.test(text) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`);

/** The first entry of a host counts; `default` is nobody's. */
export function parseNetrc(text: string): Map<string, string> {
  const words = text
    .split("\n")
    .filter((line) => !line.trim().startsWith("#"))
    .flatMap((line) => line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [])
    .map((word) => (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word));
  const logins = new Map<string, string>();
  let entry: { host: string; login: string } | undefined;
  for (let at = 0; at < words.length; at++) {
    if (words[at] === "machine") entry = { host: words[++at] ?? "", login: "" };
    else if (words[at] === "default") entry = undefined;
    else if (words[at] === "login" && entry) entry.login = words[++at] ?? "";
    else if (words[at] === "password" && entry) {
      if (!logins.has(entry.host)) logins.set(entry.host, `${entry.login}:${words[++at] ?? ""}`);
    }
  }
  return logins;
}
