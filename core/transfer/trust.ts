/**
 * Whose certificates are trusted, and which proxy is used: by the client's environment, since the daemon's own belongs to
 * whoever started it. Tests: test/unit/core/transfer/trust.test.ts
 */
import { readFile } from "node:fs/promises";
import tls from "node:tls";
import type { Ctx, Env } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { expandHome } from "#core/platform/paths.ts";

export interface Trust {
  readonly ca?: string[];
  readonly rejectUnauthorized?: boolean;
}

/** `SW_CA_BUNDLE`, else `SSL_CERT_FILE`, else the system's store with the built-in one. @throws FILE_NOT_FOUND */
export async function trustFor(ctx: Ctx, insecureTls: boolean): Promise<Trust> {
  if (insecureTls) return { rejectUnauthorized: false };
  for (const name of ["SW_CA_BUNDLE", "SSL_CERT_FILE"]) {
    const path = ctx.env[name];
    if (path) return { ca: [await readBundle(name, expandHome(ctx.env, path))] };
  }
  return { ca: systemCertificates() };
}

async function readBundle(name: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "EACCES" && errno(e) !== "EISDIR") throw e;
    throw new SwError("FILE_NOT_FOUND", `${name} names ${path}, which can't be read`, { cause: e });
  }
}

let system: string[] | undefined;

function systemCertificates(): string[] {
  system ??= [...new Set([...tls.getCACertificates("system"), ...tls.getCACertificates("default")])];
  return system;
}

/** The proxy for an address, as curl chooses it; "" for none. */
export function proxyFor(env: Env, address: string): string {
  const { protocol, hostname, port } = new URL(address);
  const scheme = protocol.slice(0, -1);
  // HTTP_PROXY in capitals can be set by a web request (httpoxy), but not in a tool like this.
  const names = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, "all_proxy", "ALL_PROXY"];
  const proxy = names.map((name) => env[name]).find((value) => value);
  if (!proxy || isExempt(env.no_proxy || env.NO_PROXY || "", hostname, port)) return "";
  return /^[a-z]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

function isExempt(list: string, hostname: string, port: string): boolean {
  return list.split(",").some((raw) => {
    const [name = "", onlyPort] = raw
      .trim()
      .toLowerCase()
      .replace(/^\*?\./, "")
      .split(":");
    if (name === "*") return true;
    if (name === "" || (onlyPort !== undefined && onlyPort !== port)) return false;
    return hostname === name || hostname.endsWith(`.${name}`);
  });
}
