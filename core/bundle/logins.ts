/**
 * Who we are to the hosts that serve files: logins in the addresses of the indexes, uv's variables for named ones, netrc.
 * They stay in memory. Tests: test/unit/core/bundle/logins.test.ts
 */
import type { IndexSettings } from "#core/config/index-settings.ts";
import { netrcLogins } from "#core/config/netrc.ts";
import type { Ctx } from "#core/context.ts";
import type { Env } from "#core/platform/env.ts";

export interface Logins {
  /** The value of an Authorization header, or undefined. */
  headerFor(url: URL): string | undefined;
  /** The user trusts the host without a certificate. */
  isTrusted(url: URL): boolean;
}

/** @param more `host` → `user:password`, from elsewhere */
export async function indexLogins(
  ctx: Ctx,
  settings: Pick<IndexSettings, "env">,
  more: Readonly<Record<string, string>> = {},
): Promise<Logins> {
  const known = new Map(Object.entries(more));
  for (const item of addressesOf(settings.env)) addLogin(known, ctx.env, item);
  const netrc = await netrcLogins(ctx.env);
  const trusted = new Set((settings.env.UV_INSECURE_HOST ?? "").split(/\s+/));
  return {
    headerFor({ host, hostname }) {
      const login = known.get(host) ?? known.get(hostname) ?? netrc.get(hostname);
      return login === undefined ? undefined : `Basic ${Buffer.from(login).toString("base64")}`;
    },
    isTrusted: ({ host, hostname }) => trusted.has(host) || trusted.has(hostname),
  };
}

function addressesOf(env: Readonly<Record<string, string>>): string[] {
  const { UV_DEFAULT_INDEX = "", UV_INDEX = "", UV_FIND_LINKS = "" } = env;
  return [UV_DEFAULT_INDEX, ...UV_INDEX.split(/\s+/), ...UV_FIND_LINKS.split(",")].filter((item) => item !== "");
}

/** `NAME=URL` or `URL`. */
function addLogin(known: Map<string, string>, env: Env, item: string): void {
  const [, name, address = ""] = /^(?:([\w.-]+)=)?(https?:\/\/.+)$/is.exec(item) ?? [];
  const url = URL.parse(address);
  if (!url) return;
  const prefix = `UV_INDEX_${(name ?? "").toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
  const user = url.username ? decodeURIComponent(url.username) : (name && env[`${prefix}_USERNAME`]) || "";
  const password = url.password ? decodeURIComponent(url.password) : (name && env[`${prefix}_PASSWORD`]) || "";
  if (user !== "" || password !== "") known.set(url.host, `${user}:${password}`);
}
