/**
 * What opens channels, a login (`me:password@`) or a token (`/t/TOKEN`), taken out of the addresses in which people write it.
 * From there on only the clean address travels; secrets stay in the memory of this process, for its own requests.
 * Tests: test/unit/core/conda/channel-secrets.test.ts
 */

import { cleanUrl } from "#core/conda/record.ts";
import { fillVariables, unsetText, variablesIn, withoutVariables } from "#core/config/variables.ts";
import type { Ctx } from "#core/context.ts";
import type { Env } from "#core/platform/env.ts";

export interface Secrets {
  /** host → `user:password`. */
  readonly logins: Record<string, string>;
  /** A channel's address → the same with its token: that one is asked, and appears nowhere. */
  readonly mirrors: Record<string, string>;
  /** Channels that were written with something that opens them: as written, where that is `${VARIABLES}`, else "". */
  readonly written: Record<string, string>;
}

export const noSecrets = (): Secrets => ({ logins: {}, mirrors: {}, written: {} });

export const isAddress = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

// The login reaches to the last `@` before the path: one in a password need not be escaped.
const ADDRESS = /^([a-z][a-z0-9+.-]*:\/\/)(?:([^/?#]*)@)?(.*)$/is;
const HOST = /^(?:\[[^\]]*\]|[^/:?#]*)/;

/**
 * The address of a channel or package without what opens it, which is noted; its `${VARIABLES}` are filled.
 * A variable that is not set opens nothing.
 */
export function takeSecrets(env: Env, written: string, secrets: Secrets): string {
  const [, scheme = "", user, rest = ""] = ADDRESS.exec(written) ?? [];
  if (scheme === "") return written;
  const login = fillVariables(env, user ?? "");
  const open = fillVariables(env, scheme + rest).replace(/\/+$/, "");
  const clean = cleanUrl(`${open}/`).replace(/\/$/, "");
  if (login !== "" && !hasVariable(login)) secrets.logins[hostOf(rest)] = decoded(login);
  if (clean !== open && !hasVariable(open)) secrets.mirrors[channelOf(clean)] = channelOf(open);
  if (login !== "" || clean !== open)
    secrets.written[channelOf(clean)] = publishable(written) ? channelOf(written) : "";
  return clean;
}

const hostOf = (rest: string) => HOST.exec(rest)?.[0] ?? "";

const hasVariable = (text: string) => variablesIn(text).length > 0;

/** Whether its secrets are variables, all of them. */
function publishable(written: string): boolean {
  const [, , user = "", rest = ""] = ADDRESS.exec(written) ?? [];
  const [name = "", password = ""] = user.split(/:(.*)/s);
  const token = /\/t\/([^/]+)(?:\/|$)/.exec(rest)?.[1] ?? "";
  return [password || name, token].every((secret) => withoutVariables(secret) === "");
}

/** A password may be written as URLs want it, or as it is. */
function decoded(login: string): string {
  try {
    return decodeURIComponent(login);
  } catch (e) {
    if (!(e instanceof URIError)) throw e;
    return login;
  }
}

/** Of a channel narrowed to a platform, and of a package in it, the channel. */
export const channelOf = (address: string): string =>
  address.replace(/\/+$/, "").replace(/\/(?:noarch|(?:linux|osx|win)-\w+)(?:\/[^/]+\.(?:conda|tar\.bz2))?$/, "");

// Up to `::`, a quote or a bracket; a login may hold any of these.
const IN_SPEC = /[a-z][a-z0-9+.-]*:\/\/(?:[^\s/?#"']*@)?[^\s"'\],]*?(?=::|["'\],\s]|$)/gi;

/** A package spec, likewise: it may name its channel by an address, or be the address of a package. */
export const takeFromSpec = (env: Env, spec: string, secrets: Secrets): string =>
  spec.replace(IN_SPEC, (address) => takeSecrets(env, address, secrets));

/** The first one's stands. */
export const joinSecrets = (first: Secrets, second: Secrets): Secrets => ({
  logins: { ...second.logins, ...first.logins },
  mirrors: { ...second.mirrors, ...first.mirrors },
  written: { ...second.written, ...first.written },
});

/** A channel's address as somebody who can't be told of mirrors has to ask for it; a name as it is. */
export const openAddress = (channel: string, { mirrors }: Secrets): string => mirrors[channel] ?? channel;

/** The same for a package. */
export function openPackage(url: string, { mirrors }: Secrets): string {
  const [clean = "", open = ""] = Object.entries(mirrors).find(([one]) => url.startsWith(`${one}/`)) ?? [];
  return open + url.slice(clean.length);
}

/** `SW_CONDA_AUTH_2` holds the login (`user:password`) or the token of the second channel of a lock. */
export const authVariable = (number: number): string => `SW_CONDA_AUTH_${number}`;

/** What a person can do about a channel that wants one. */
export const howToOpen = (number: number): string =>
  `to restore, set ${authVariable(number)} to its user:password or its token, or name it in netrc or your condarc`;

/** Channels that were written with a login or token itself: the package has them without. */
export const closedIn = ({ written }: Secrets): string[] =>
  Object.keys(written).filter((channel) => written[channel] === "");

/** Says what takes a secret's place, by the numbers that channels have in a lock. */
export function sayClosed(ctx: Pick<Ctx, "report">, channels: readonly string[], closed: readonly string[]): void {
  for (const [i, channel] of channels.entries()) {
    if (closed.includes(channel))
      ctx.report.warn(`what opens ${channel} stays out of the package; ${howToOpen(i + 1)}`);
  }
}

/** As in a lock. */
interface Asked {
  readonly channels?: readonly string[] | undefined;
  readonly access?: Readonly<Record<string, string>> | undefined;
}

/** About the address of a channel or package that let nobody in; undefined when it is of none of the channels. */
export function openHint(env: Env, { channels = [], access = {} }: Asked, url: string): string | undefined {
  const at = channels.findIndex((channel) => `${url}/`.startsWith(`${channel}/`));
  const channel = channels[at];
  if (channel === undefined) return undefined;
  const unset = unsetText(variablesIn(fillVariables(env, access[channel] ?? "")));
  if (unset !== "") return `${unset}: ${access[channel]} wants it.`;
  return `It wants a login: set ${authVariable(at + 1)} to user:password or to a token, or name it in netrc or your condarc.`;
}

/** What these variables say. A name is that of a public channel, which gets none of it. */
export function takeNumbered(env: Env, channels: readonly string[], secrets: Secrets): void {
  for (const [i, channel] of channels.entries()) {
    const value = env[authVariable(i + 1)];
    const [, base = "", rest = ""] = /^(https?:\/\/[^/]+)(.*)$/is.exec(channel) ?? [];
    if (!value || base === "") continue;
    if (value.includes(":")) secrets.logins[hostOf(base.replace(/^.*:\/\//, ""))] = decoded(value);
    else secrets.mirrors[channel] = `${base}/t/${value}${rest}`;
  }
}

/** What a lock says of how its channels are asked: where they were written with variables; undefined when none was. */
export function publicAccess(channels: readonly string[], { written }: Secrets): Record<string, string> | undefined {
  const said = channels.flatMap((channel): [string, string][] =>
    written[channel] ? [[channel, written[channel]]] : [],
  );
  return said.length > 0 ? Object.fromEntries(said) : undefined;
}

const MEMO = "channel-secrets";

/** For later requests of this process: what was built here is restored here without asking again, until the daemon ends. */
export const rememberSecrets = (ctx: Ctx, secrets: Secrets): void =>
  ctx.memo.set(MEMO, joinSecrets(secrets, rememberedSecrets(ctx)));

export const rememberedSecrets = (ctx: Ctx): Secrets => ctx.memo.get<Secrets>(MEMO) ?? noSecrets();
