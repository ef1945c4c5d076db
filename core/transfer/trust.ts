/**
 * Whose certificates are trusted: by the client's environment, since the daemon's own belongs to whoever started it.
 * Tests: test/e2e/instance-tls.test.ts
 */
import { readFile } from "node:fs/promises";
import tls from "node:tls";
import type { Ctx } from "#core/context.ts";
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
