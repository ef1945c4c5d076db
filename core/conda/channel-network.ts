/**
 * How channels are reached: what the condarc says of proxies and certificates, as the environment that engines read.
 * Knows no addresses of channels. Tests: test/unit/core/conda/channel-network.test.ts, test/e2e/conda-network.test.ts
 */
import { stat } from "node:fs/promises";
import type { CondarcData } from "#core/config/condarc.ts";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { bundleVariable } from "#core/platform/certificates.ts";
import type { Env } from "#core/platform/env.ts";
import { expandHome } from "#core/platform/paths.ts";
import { redactUrl } from "#core/platform/redact.ts";

export interface ChannelNetwork {
  /** The client's, with what the condarc adds. */
  readonly env: Env;
  /** Certificates are not checked; no variable says this to the engine. */
  readonly insecure: boolean;
}

/** @throws SwError CONFIG_INVALID when `ssl_verify` or a variable names a file that is not there */
export async function channelNetwork(ctx: Ctx, settings: CondarcData): Promise<ChannelNetwork> {
  if (settings.client_ssl_cert) {
    ctx.report.warn("client_ssl_cert of the condarc is not supported: channels get no certificate of this client");
  }
  const verify = ctx.env.CONDA_SSL_VERIFY || settings.ssl_verify;
  const insecure = verify === false || (typeof verify === "string" && /^(false|no|off|0)$/i.test(verify));
  if (insecure) ctx.report.warn("ssl_verify is off: the certificates of channels are not checked");
  const proxies = proxyVariables(ctx, settings.proxy_servers);
  const certificates = insecure ? unchecked : await certificateVariables(ctx, verify);
  return { env: { ...ctx.env, ...proxies, ...certificates }, insecure };
}

/** What of a runtime's own condarc does not travel: nobody lets a package choose proxies or trust. */
export function holdsHereOnly(condarc: CondarcData): string[] {
  const { ssl_verify: verify = true, proxy_servers: proxies } = condarc;
  return [...(verify === true ? [] : ["ssl_verify"]), ...(proxies ? ["proxy_servers"] : [])];
}

// For another program that solves; rattler's client is told in the request.
const unchecked: Env = { CONDA_SSL_VERIFY: "false", MAMBA_SSL_VERIFY: "false" };

/** What the condarc names, else what the environment does, by the variables that the engine and other programs read. */
async function certificateVariables(ctx: Ctx, verify: unknown): Promise<Env> {
  const isNamed = typeof verify === "string" && !/^(true|yes|on|1|truststore|system|)$/i.test(verify);
  if (isNamed) {
    const path = expandHome(ctx.env, verify);
    const own = { CONDA_SSL_VERIFY: path, MAMBA_SSL_VERIFY: path, SSL_CERT_DIR: undefined, SSL_CERT_FILE: undefined };
    return { ...own, ...(await named(path, "ssl_verify of the condarc")) };
  }
  const variable = bundleVariable(ctx.env);
  const isRead = variable === undefined || variable === "SSL_CERT_FILE";
  return isRead ? {} : await named(expandHome(ctx.env, ctx.env[variable] ?? ""), variable);
}

const named = async (path: string, by: string): Promise<Env> => ({
  REQUESTS_CA_BUNDLE: path,
  ...((await isFolder(path, by)) ? { SSL_CERT_DIR: path } : { SSL_CERT_FILE: path }),
});

async function isFolder(path: string, by: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR" && errno(e) !== "EACCES") throw e;
    throw new SwError("CONFIG_INVALID", `${by} names ${path}, which can't be read`, {
      hint: "Name a file or folder of certificates, or true.",
    });
  }
}

/** As in conda, they replace those of the environment. */
function proxyVariables(ctx: Ctx, servers: unknown): Env {
  if (typeof servers !== "object" || servers === null) return {};
  const found: Record<string, string | undefined> = {};
  for (const [scheme, address] of Object.entries(servers)) {
    if (!/^(https?|all)$/i.test(scheme)) {
      ctx.report.warn(`proxy_servers of the condarc: a proxy for ${redactUrl(scheme)} alone is not supported`);
    } else if (typeof address === "string" && address !== "") {
      found[`${scheme.toUpperCase()}_PROXY`] = address;
      found[`${scheme.toLowerCase()}_proxy`] = address;
    }
  }
  return found;
}
