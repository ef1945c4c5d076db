/**
 * A Starwhale server as the config knows it: address, token, how its certificate is judged. Knows no calls.
 * Tests: test/e2e/instance.test.ts
 */
import { readConfig } from "#core/config/config-file.ts";
import type { Secret } from "#core/config/secret.ts";
import type { Ctx } from "#core/context.ts";
import { isLoopback } from "#core/platform/network.ts";

export interface Server {
  /** `http(s)://host[:port][/prefix]` without a slash at the end. */
  readonly base: string;
  readonly alias: string | undefined;
  /** The whole value of the Authorization header; none for a server that nobody logged in to. */
  readonly token: Secret | undefined;
  readonly insecureTls: boolean;
}

/** The server behind a parsed URI. */
export async function openServer(
  ctx: Ctx,
  { alias, base }: { alias: string | undefined; base: string },
): Promise<Server> {
  const config = await readConfig(ctx);
  const known = alias !== undefined && Object.hasOwn(config.instances, alias) ? config.instances[alias] : undefined;
  const server = { base, alias, token: known?.token, insecureTls: known?.insecureTls ?? false };
  warnIfOpen(ctx, server);
  return server;
}

/** Said once for each command that sends something where others can read it. */
export function warnIfOpen(ctx: Ctx, server: Pick<Server, "base" | "insecureTls">): void {
  const { protocol, hostname, host } = new URL(server.base);
  if (protocol === "http:" && !isLoopback(hostname)) {
    ctx.report.warn(`${host} is reached over http: token and packages can be read and changed on the way`);
  }
  if (protocol === "https:" && server.insecureTls) {
    ctx.report.warn(`the certificate of ${host} is not checked (--insecure-tls)`);
  }
}

/** What a person calls it. */
export const serverName = (server: Pick<Server, "alias" | "base">): string => server.alias ?? server.base;
