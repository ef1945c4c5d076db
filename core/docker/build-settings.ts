/**
 * What packages are fetched with inside a build: the client's index, certificates and logins. Written into the context for
 * the first stages only, so that no layer and no history of the image has it.
 * Tests: test/unit/core/docker/build-settings.test.ts, test/e2e/dockerize-settings.test.ts
 */
import { readdir, writeFile } from "node:fs/promises";
import { indexSettings } from "#core/config/index-settings.ts";
import { loginsText, netrcLogins } from "#core/config/netrc.ts";
import type { Ctx } from "#core/context.ts";
import { SWCLI } from "#core/docker/dockerfile.ts";
import { posixQuote } from "#core/env/activation/quote.ts";
import { explicitIndex, type Recipe } from "#core/env/recipe.ts";
import { errno } from "#core/errors.ts";
import { trustFor } from "#core/platform/certificates.ts";
import type { Env } from "#core/platform/env.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { isLoopback } from "#core/platform/network.ts";
import { readBlobText } from "#core/store/blobs.ts";

export interface BuildSettings {
  /** For uv; none names a file of this machine. */
  readonly variables: Readonly<Record<string, string>>;
  readonly authorities: string;
  readonly clientCertificate: string;
  /** A netrc with the hosts that are asked. */
  readonly logins: string;
  /** An index, a repository or a proxy is on this machine's loopback. */
  readonly needsHost: boolean;
}

// Found by other names inside, or not at all.
const OF_THIS_MACHINE = new Set(["UV_FIND_LINKS", "UV_KEYRING_PROVIDER", "SSL_CERT_FILE", "SSL_CLIENT_CERT"]);
// What the client says to uv itself and what means the same inside.
const CARRIED = /^UV_(HTTP_(TIMEOUT|RETRIES|CONNECT_TIMEOUT)|CONCURRENT_\w+|INDEX_.+_(USERNAME|PASSWORD))$/;

export async function buildSettings(ctx: Ctx, recipe: Recipe): Promise<BuildSettings> {
  const { env } = await indexSettings(ctx, explicitIndex(recipe));
  const all = { ...carried(ctx.env), ...env };
  const variables = Object.fromEntries(Object.entries(all).filter(([name]) => !OF_THIS_MACHINE.has(name)));
  const proxies = proxyNames(ctx.env).map((name) => ctx.env[name]);
  const hosts = hostsIn([...Object.values(variables), ...(await requirementTexts(ctx, recipe))]);
  return {
    variables,
    authorities: await authorities(ctx.env, env.SSL_CERT_FILE),
    clientCertificate: await fileText(env.SSL_CLIENT_CERT ?? ctx.env.SSL_CLIENT_CERT),
    logins: await loginsOf(ctx.env, hosts),
    needsHost: [...hosts, ...hostsIn(proxies)].some(isLoopback),
  };
}

const carried = (env: Env): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => CARRIED.test(entry[0]) && entry[1] !== undefined),
  );

const PROXIES = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"];

/** Builds take these for every RUN and keep them out of the history; docker reads the values from its environment. */
export const proxyNames = (env: Env): string[] =>
  PROXIES.flatMap((name) => [name, name.toUpperCase()]).filter((name) => env[name]);

const requirementTexts = async (ctx: Ctx, { requirements, vcs }: Recipe): Promise<string[]> =>
  await Promise.all([requirements, vcs].flatMap((digest) => (digest ? [readBlobText(ctx, digest)] : [])));

/** Of URLs, as isLoopback and netrc files write them. */
function hostsIn(texts: readonly (string | undefined)[]): Set<string> {
  const found = texts.join("\n").matchAll(/:\/\/(?:[^/\s@]*@)?(\[[0-9a-f:]+\]|[^/\s:@]+)/gi);
  return new Set([...found].map(([, host = ""]) => host.toLowerCase()));
}

/** Logins for others are nobody's business there. */
async function loginsOf(env: Env, hosts: ReadonlySet<string>): Promise<string> {
  const logins = await netrcLogins(env);
  return loginsText([...logins].filter(([host]) => hosts.has(host.toLowerCase())));
}

/** What uv trusts on this machine; "" leaves it its own list. */
async function authorities(env: Env, chosen: string | undefined): Promise<string> {
  const file = chosen ?? env.SSL_CERT_FILE;
  if (file) return await fileText(file);
  if (env.SSL_CERT_DIR) return await hashedCertificates(env.SSL_CERT_DIR);
  const isSystem = /^(1|true|yes|on)$/i.test(env.UV_SYSTEM_CERTS || env.UV_NATIVE_TLS || "");
  return isSystem ? ((await trustFor({})).ca ?? []).join("\n") : "";
}

const fileText = async (path: string | undefined) => (path ? ((await readTextIfAny(path)) ?? "") : "");

/** Folders as `openssl rehash` makes them. */
async function hashedCertificates(folders: string): Promise<string> {
  const texts: string[] = [];
  for (const folder of folders.split(":").filter((one) => one !== "")) {
    const names = await readdir(folder).catch((e: unknown) => {
      if (errno(e) === undefined) throw e;
      return [];
    });
    for (const name of names.filter((one) => /^[0-9a-f]{8}\.\d+$/.test(one)))
      texts.push(await fileText(`${folder}/${name}`));
  }
  return texts.join("\n");
}

/** `uv.env`, which a shell reads, and the files that it names. */
export async function writeSettings(dir: string, settings: BuildSettings): Promise<void> {
  const { authorities: ca, clientCertificate: client, logins } = settings;
  const variables = {
    ...settings.variables,
    UV_NO_CONFIG: "1",
    UV_NO_CACHE: "1",
    UV_PYTHON_DOWNLOADS: "never",
    UV_LINK_MODE: "copy",
    PYTHONDONTWRITEBYTECODE: "1",
    ...(ca && { SSL_CERT_FILE: `${SWCLI}/ca.pem`, GIT_SSL_CAINFO: `${SWCLI}/ca.pem` }),
    ...(client && { SSL_CLIENT_CERT: `${SWCLI}/client.pem` }),
    ...(logins && { NETRC: `${SWCLI}/netrc` }),
  };
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${posixQuote(value)}`);
  // git knows no NETRC.
  const forGit = logins ? [`{ mkdir -p ~ && ln -sf ${SWCLI}/netrc ~/.netrc; } 2>/dev/null || true`] : [];
  await writeFile(`${dir}/uv.env`, `${[...lines.sort(), ...forGit].join("\n")}\n`, { mode: 0o600 });
  await writeFile(`${dir}/ca.pem`, ca);
  await writeFile(`${dir}/client.pem`, client, { mode: 0o600 });
  await writeFile(`${dir}/netrc`, logins, { mode: 0o600 });
}
