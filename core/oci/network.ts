/**
 * The client's way out: proxy and certificate authorities from its environment, as other programs read them.
 * The daemon's own environment has no say. Tests: test/unit/core/oci/network.test.ts
 */
import { readFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import type { Env } from "#core/platform/env.ts";

/** Options that Bun's fetch takes besides the standard ones. */
export interface NetworkOptions {
  proxy?: string;
  tls?: { ca: string };
}

export async function networkOptions(ctx: Pick<Ctx, "env">, url: URL): Promise<NetworkOptions> {
  const proxy = proxyFor(ctx.env, url);
  const ca = url.protocol === "https:" ? await authorities(ctx.env) : undefined;
  return { ...(proxy && { proxy }), ...(ca && { tls: { ca } }) };
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

/** One file of certificates replaces the built-in ones, as it does for curl and Python's requests. */
async function authorities(env: Env): Promise<string | undefined> {
  const path =
    env.SW_CA_BUNDLE || env.SSL_CERT_FILE || env.REQUESTS_CA_BUNDLE || env.CURL_CA_BUNDLE || env.NODE_EXTRA_CA_CERTS;
  if (!path) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (e) {
    throw new SwError("CONFIG_INVALID", `the certificates ${path} can't be read (${errno(e) ?? "unknown"})`, {
      cause: e,
    });
  }
}
