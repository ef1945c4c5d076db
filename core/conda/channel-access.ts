/**
 * Channels: from the names that people write to addresses, and what opens those on this machine, which never reaches a lock.
 * Tests: test/unit/core/conda/channel-access.test.ts
 */
import { isAbsolute, resolve } from "pathe";
import { type ChannelNetwork, channelNetwork } from "#core/conda/channel-network.ts";
import {
  channelOf,
  isAddress,
  joinSecrets,
  noSecrets,
  rememberedSecrets,
  type Secrets,
  takeNumbered,
  takeSecrets,
} from "#core/conda/channel-secrets.ts";
import type { ExplicitLock } from "#core/conda/explicit-lock.ts";
import { type CondarcData, readCondarc } from "#core/config/condarc.ts";
import { netrcLogins } from "#core/config/netrc.ts";
import type { Ctx } from "#core/context.ts";
import { expandHome } from "#core/platform/paths.ts";

export interface ChannelAccess {
  /** Addresses without secrets, or names where only the engine knows the address; in order of priority. */
  channels: string[];
  /** Addresses by the names that stand for one. */
  named: Readonly<Record<string, string>>;
  secrets: Secrets;
  priority: "strict" | "flexible" | "disabled";
  network: ChannelNetwork;
}

export interface WrittenChannels {
  /** As written, without secrets; the user's own, else conda-forge, when empty. */
  names: readonly string[];
  /** Relative ones are below it. */
  base: string;
  /** Of the runtime: it wins over the user's. */
  condarc: CondarcData;
  /** Taken out of what the runtime says. */
  secrets: Secrets;
}

// A bare name goes to the solver as it is: rattler, like conda, knows where its public channels are.
const DEFAULTS = ["main", "r"];

/** For a solve. What the runtime's condarc says of channels is noted in its `secrets`, too. */
export async function channelAccess(ctx: Ctx, written: WrittenChannels): Promise<ChannelAccess> {
  const user = bracedVariables((await readCondarc(ctx)).data);
  const condarc = bracedVariables(written.condarc);
  const settings = joined(user, condarc);
  const own = userSecrets(ctx, user);
  for (const address of knownAddresses(condarc)) takeSecrets(ctx.env, address, written.secrets);
  const named: Record<string, string> = {};
  const channels = namesOf(written, settings).flatMap((name) => {
    const asked = { name, base: written.base };
    // A secret of the user's is none that the runtime has to be told of.
    const isUsers = written.names.length === 0 && !list(condarc, "channels").includes(name);
    const theirs = isUsers ? [] : addressesOf(ctx, condarc, asked);
    const clean = addressesOf(ctx, settings, asked).map((address) =>
      takeSecrets(ctx.env, address, theirs.includes(address) ? written.secrets : own),
    );
    if (clean.length === 1 && clean[0]) named[name] = clean[0];
    return clean;
  });
  const secrets = joinSecrets(written.secrets, own);
  const unique = [...new Set(channels)];
  takeNumbered(ctx.env, unique, secrets);
  const network = await channelNetwork(ctx, expandVariables(ctx, settings));
  return { channels: unique, named, secrets, priority: priorityOf(ctx, settings.channel_priority), network };
}

/** `lab::tool` with the address that the settings give the channel: engines know the public ones only. */
export function withAddress(spec: string, named: ChannelAccess["named"]): string {
  const channel = channelOf(/^([^\s[]+)::/.exec(spec)?.[1] ?? "");
  const address = named[channel];
  return address ? address + spec.slice(channel.length) : spec;
}

const joined = (user: CondarcData, condarc: CondarcData): CondarcData => ({
  ...user,
  ...condarc,
  custom_channels: { ...map(user, "custom_channels"), ...map(condarc, "custom_channels") },
});

function namesOf({ names }: WrittenChannels, settings: CondarcData): readonly string[] {
  if (names.length > 0) return names;
  const own = list(settings, "channels");
  return own.length > 0 ? own : ["conda-forge"];
}

/** For packages of a lock: what the user, this process and the variables that the lock speaks of know of its channels. */
export async function lockAccess(
  ctx: Ctx,
  { channels = [], access = {} }: Partial<Pick<ExplicitLock, "channels" | "access">>,
): Promise<Pick<ChannelAccess, "secrets" | "network">> {
  const settings = bracedVariables((await readCondarc(ctx)).data);
  const logins = Object.fromEntries(await netrcLogins(ctx.env));
  const known = joinSecrets(userSecrets(ctx, settings), { ...noSecrets(), logins });
  const secrets = joinSecrets(known, rememberedSecrets(ctx));
  for (const address of Object.values(access)) takeSecrets(ctx.env, address, secrets);
  takeNumbered(ctx.env, channels, secrets);
  return { secrets, network: await channelNetwork(ctx, expandVariables(ctx, settings)) };
}

/** Of every address in it, whether somebody asks for that by name or not: a host has one login. */
function userSecrets(ctx: Ctx, settings: CondarcData): Secrets {
  const secrets = noSecrets();
  for (const address of knownAddresses(settings)) takeSecrets(ctx.env, address, secrets);
  return secrets;
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

/** conda fills `$VARIABLE` in its settings like `${VARIABLE}`. */
const bracedVariables = (data: CondarcData): CondarcData =>
  changed(data, (text) => text.replace(/\$([A-Z][A-Z0-9_]*)/g, "${$1}"));

const expandVariables = (ctx: Ctx, data: CondarcData): CondarcData =>
  changed(data, (text) =>
    text.replace(/\$\{([A-Z][A-Z0-9_]*)\}/g, (written, name: string) =>
      ctx.env[name] === undefined ? written : JSON.stringify(ctx.env[name]).slice(1, -1),
    ),
  );

function changed(data: CondarcData, change: (json: string) => string): CondarcData {
  const parsed: unknown = JSON.parse(change(JSON.stringify(data)));
  return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
}

function knownAddresses(settings: CondarcData): string[] {
  const alias = list(settings, "channel_alias");
  const written = [...list(settings, "channels"), ...list(settings, "default_channels"), ...alias];
  return [...written, ...Object.values(map(settings, "custom_channels"))].filter(isAddress);
}

function addressesOf(ctx: Ctx, settings: CondarcData, { name, base }: { name: string; base: string }): string[] {
  const text = name.trim().replace(/\/+$/, "");
  if (text === "nodefaults" || text === "") return [];
  if (text === "defaults") {
    const own = list(settings, "default_channels");
    return own.length > 0 ? own : DEFAULTS;
  }
  if (isAddress(text)) return [text];
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

/** Older condarcs switch it on and off, which conda takes so. */
function priorityOf(ctx: Ctx, value: unknown): ChannelAccess["priority"] {
  const word = typeof value === "string" ? value.toLowerCase() : value;
  if (word === "disabled" || word === false || word === "false") return "disabled";
  if (word === "flexible" || word === true || word === "true") return "flexible";
  if (word !== "strict" && word !== undefined && word !== null)
    ctx.report.warn(
      `channel_priority is none of strict, flexible and disabled: ${JSON.stringify(value)} does not count`,
    );
  return "strict";
}
