/**
 * Channels: from the names that people write to addresses, and the credentials that go with them on this machine, which
 * never reach a lock. Tests: test/unit/core/conda/channel-access.test.ts
 */
import { isAbsolute, resolve } from "pathe";
import { type ChannelNetwork, channelNetwork } from "#core/conda/channel-network.ts";
import { cleanUrl } from "#core/conda/record.ts";
import { type CondarcData, readCondarc } from "#core/config/condarc.ts";
import type { Ctx } from "#core/context.ts";
import { expandHome } from "#core/platform/paths.ts";

export interface ChannelAccess {
  /** The channels' addresses with tokens, or their names where only the engine knows the address; in order of priority. */
  channels: (names: readonly string[], base: string) => string[];
  /** Of the condarc: see `tokenMirrors`. */
  mirrors: Mirrors;
  /** An address with the token that this machine has for it. */
  authorize: (url: string) => string;
  /** host → `user:password`. */
  logins: Record<string, string>;
  priority: "strict" | "flexible" | "disabled";
  /** The channels of the user's condarc, for specs that name none. */
  own: string[];
  network: ChannelNetwork;
}

/** Address → the same with the token that this machine has for it: it is asked for, and appears nowhere. */
export type Mirrors = Readonly<Record<string, string>>;

// A bare name goes to the solver as it is: rattler, like conda, knows where its public channels are.
const DEFAULTS = ["main", "r"];

/** @param condarc of the runtime: it wins over the user's */
export async function channelAccess(ctx: Ctx, condarc: CondarcData): Promise<ChannelAccess> {
  const user = (await readCondarc(ctx)).data;
  const settings = expandVariables(ctx, {
    ...user,
    ...condarc,
    custom_channels: { ...map(user, "custom_channels"), ...map(condarc, "custom_channels") },
  });
  const known = knownAddresses(settings);
  const secrets = known.filter((url) => cleanUrl(url) !== url);
  const mirrors = tokenMirrors(secrets);
  return {
    channels: (names, base) => names.flatMap((name) => addressesOf(ctx, settings, { name, base })).map(withoutLogin),
    mirrors,
    authorize: (url) => withToken(url, mirrors),
    logins: Object.fromEntries(secrets.flatMap(loginOf)),
    priority: priorityOf(settings.channel_priority),
    own: list(settings, "channels"),
    network: await channelNetwork(ctx, settings),
  };
}

const list = (data: CondarcData, key: string): string[] => {
  const value = data[key];
  return Array.isArray(value)
    ? value.filter((item) => typeof item === "string")
    : typeof value === "string"
      ? [value]
      : [];
};

function map(data: CondarcData, key: string): Record<string, string> {
  const value = data[key];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** conda fills `$VARIABLE` and `${VARIABLE}` in its settings. */
function expandVariables(ctx: Ctx, data: CondarcData): CondarcData {
  const text = JSON.stringify(data).replace(/\$\{?([A-Z][A-Z0-9_]*)\}?/g, (written, name: string) =>
    ctx.env[name] === undefined ? written : JSON.stringify(ctx.env[name]).slice(1, -1),
  );
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
}

function knownAddresses(settings: CondarcData): string[] {
  const alias = list(settings, "channel_alias");
  const written = [...list(settings, "channels"), ...list(settings, "default_channels"), ...alias];
  return [...written, ...Object.values(map(settings, "custom_channels"))].filter((text) => /^[a-z]+:\/\//i.test(text));
}

function addressesOf(ctx: Ctx, settings: CondarcData, { name, base }: { name: string; base: string }): string[] {
  const text = name.trim().replace(/\/+$/, "");
  if (text === "nodefaults" || text === "") return [];
  if (text === "defaults") {
    const own = list(settings, "default_channels");
    return own.length > 0 ? own : DEFAULTS;
  }
  if (/^[a-z]+:\/\//i.test(text)) return [text];
  const path = expandHome(ctx.env, text);
  if (isAbsolute(path) || /^\.\.?\//.test(path)) return [Bun.pathToFileURL(resolve(base, path)).href];
  const host = customBase(settings, text) ?? list(settings, "channel_alias")[0];
  return [host === undefined ? text : `${host.replace(/\/+$/, "")}/${text}`];
}

/** A custom channel's name stands for its labels too: `lab` for `lab/label/dev`. */
function customBase(settings: CondarcData, name: string): string | undefined {
  const custom = map(settings, "custom_channels");
  for (let part = name; part !== ""; part = part.slice(0, Math.max(part.lastIndexOf("/"), 0))) {
    if (custom[part]) return custom[part];
  }
  return undefined;
}

/** A login goes as a header, where a token is a part of the path. */
const withoutLogin = (url: string) => url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1");

export function tokenMirrors(channels: readonly string[]): Mirrors {
  const addresses = channels.map((url) => withoutLogin(url.replace(/\/+$/, "")));
  const pairs = addresses.map((url): [string, string] => [cleanUrl(`${url}/`).replace(/\/$/, ""), url]);
  return Object.fromEntries(pairs.filter(([clean, url]) => clean !== url));
}

/** A channel's address as somebody who can't be told of mirrors has to ask for it; a name as it is. */
export const openAddress = (channel: string, mirrors: Mirrors): string =>
  mirrors[channel.replace(/\/+$/, "")] ?? channel;

function withToken(url: string, mirrors: Mirrors): string {
  const [clean = "", open = ""] = Object.entries(mirrors).find(([one]) => url.startsWith(`${one}/`)) ?? [];
  return open + url.slice(clean.length);
}

function loginOf(url: string): [string, string][] {
  const match = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)@([^/:]+)/i.exec(url);
  return match?.[1] && match[2] ? [[match[2], decodeURIComponent(match[1])]] : [];
}

function priorityOf(value: unknown): ChannelAccess["priority"] {
  if (value === "disabled" || value === false) return "disabled";
  return value === "flexible" ? "flexible" : "strict";
}
