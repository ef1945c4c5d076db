/**
 * The client's way out: proxy and certificate authorities from its environment, as other programs read them.
 * The daemon's own environment has no say. Tests: test/unit/core/platform/network.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type Trust, trustFor } from "#core/platform/certificates.ts";
import type { Env } from "#core/platform/env.ts";

/** Options that Bun's fetch takes besides the standard ones. */
export interface NetworkOptions {
  proxy?: string;
  tls?: Trust;
}

export async function networkOptions(
  { env }: Pick<Ctx, "env">,
  url: URL,
  insecureTls = false,
): Promise<NetworkOptions> {
  const proxy = proxyFor(env, url);
  const trust = url.protocol === "https:" ? await trustFor(env, insecureTls) : undefined;
  return { ...(proxy && { proxy }), ...(trust && { tls: trust }) };
}

/** The proxy for a URL, or undefined; loopback never goes through one. */
export function proxyFor(env: Env, url: URL): string | undefined {
  const scheme = url.protocol.slice(0, -1);
  const named = env[`${scheme}_proxy`] || (scheme === "https" ? env.HTTPS_PROXY : undefined);
  const proxy = named || env.all_proxy || env.ALL_PROXY;
  if (!proxy || isLoopback(url.hostname) || isExempt(env.no_proxy || env.NO_PROXY || "", url)) return undefined;
  return /^[a-z0-9]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

function isExempt(list: string, url: URL): boolean {
  const host = url.hostname.toLowerCase();
  return list
    .split(",")
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== "")
    .some((item) => {
      if (item === "*") return true;
      const [name = "", port] = item.replace(/^\*?\./, "").split(":");
      if (port !== undefined && port !== url.port) return false;
      return host === name || host.endsWith(`.${name}`);
    });
}

export const isLoopback = (host: string): boolean =>
  host === "localhost" ||
  host.endsWith(".localhost") ||
  host === "[::1]" ||
  host === "::1" ||
  /^127(\.\d+){3}$/.test(host);

/** Why a connection failed, without the advice to programmers that Bun adds. */
export const failureText = (e: Error): string => e.message.split(". For more")[0] ?? "";
