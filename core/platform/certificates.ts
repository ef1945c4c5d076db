/**
 * Whose certificates are trusted, for servers and registries alike: by the client's environment, since the daemon's own
 * belongs to whoever started it. Tests: test/e2e/instance-tls.test.ts, test/unit/core/platform/certificates.test.ts
 */
import { readFile } from "node:fs/promises";
import tls from "node:tls";
import { errno, SwError } from "#core/errors.ts";
import type { Env } from "#core/platform/env.ts";
import { expandHome } from "#core/platform/paths.ts";

export interface Trust {
  readonly ca?: string[];
  readonly rejectUnauthorized?: boolean;
}

// Ours, then what curl, Python's requests and others read: each names the whole list.
const BUNDLES = ["SW_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/** The variable that names the list, the first of them that is set. */
export const bundleVariable = (env: Env): string | undefined => BUNDLES.find((one) => env[one]);

/**
 * The file that a variable names, else the system's store with the built-in one and what NODE_EXTRA_CA_CERTS adds.
 * @throws SwError FILE_NOT_FOUND
 */
export async function trustFor(env: Env, insecureTls = false): Promise<Trust> {
  if (insecureTls) return { rejectUnauthorized: false };
  const name = bundleVariable(env);
  if (name) return { ca: [await readBundle(env, name)] };
  const extra = env.NODE_EXTRA_CA_CERTS ? [await readBundle(env, "NODE_EXTRA_CA_CERTS")] : [];
  return { ca: [...systemCertificates(), ...extra] };
}

async function readBundle(env: Env, name: string): Promise<string> {
  const path = expandHome(env, env[name] ?? "");
  try {
    return await readFile(path, "utf8");
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "EACCES" && errno(e) !== "EISDIR" && errno(e) !== "ENOTDIR") throw e;
    throw new SwError("FILE_NOT_FOUND", `${name} names ${path}, which can't be read`, { cause: e });
  }
}

let system: string[] | undefined;

function systemCertificates(): string[] {
  system ??= [...new Set([...tls.getCACertificates("system"), ...tls.getCACertificates("default")])];
  return system;
}
