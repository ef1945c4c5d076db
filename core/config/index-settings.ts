/**
 * Which package indexes uv asks, and how: the runtime's own settings over SW_PYPI_*, UV_*, PIP_*, uv.toml and pip.conf.
 * Owns the order of these and their translation for uv; used for locks and for installs.
 * Tests: test/unit/core/config/index-settings.test.ts
 */
import { readdir } from "node:fs/promises";
import { isAbsolute } from "pathe";
import type { IndexLevel } from "#core/config/index-level.ts";
import { type PipOptions, pipBoolean, pipList, readPipConfig } from "#core/config/pip-config.ts";
import { readUvFiles, userPath, uvEnvironment } from "#core/config/uv-config.ts";
import { fillVariables, variablesIn } from "#core/config/variables.ts";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import type { Env } from "#core/platform/env.ts";
import { expandHome } from "#core/platform/paths.ts";
import { stripUserinfo } from "#core/platform/redact.ts";

export interface ExplicitIndex {
  indexUrl?: string;
  extraIndexUrls: string[];
  /** Absolute folders or URLs. */
  findLinks: string[];
  trustedHosts: string[];
  noIndex: boolean;
}

export const NO_EXPLICIT_INDEX: ExplicitIndex = { extraIndexUrls: [], findLinks: [], trustedHosts: [], noIndex: false };

export interface IndexSettings {
  /** For runUv: URLs may hold credentials, so they are never arguments. */
  env: Record<string, string>;
  /** Arguments for which uv has no variable; nothing secret. */
  args: string[];
  /** What changes a resolution, without credentials. */
  key: unknown;
  /** Folders of this machine that serve packages, absolute. */
  findLinks: string[];
  /** pip's `pre`, `no-binary` and `only-binary` of the user. */
  formats: { pre: boolean; noBinary: string[]; onlyBinary: string[] };
  /** Constraint files of the user's pip, absolute paths or URLs. */
  constraintFiles: string[];
  warnings: string[];
}

/**
 * Settings for uv from what the runtime says and what the user's machine says.
 * @throws SwError CONFIG_INVALID for a uv.toml that is none.
 */
export async function indexSettings(ctx: Pick<Ctx, "env" | "cwd">, explicit: ExplicitIndex): Promise<IndexSettings> {
  const [pip, uv] = await Promise.all([readPipConfig(ctx.env, ctx.cwd), readUvFiles(ctx.env, ctx.cwd)]);
  const levels: IndexLevel[] = [
    { ...explicit, ...expandedUrls(ctx.env, explicit), findLinksBase: ctx.cwd },
    legacyLevel(ctx.env),
    uvEnvironment(ctx.env, ctx.cwd),
    pipLevel(pip.env, ctx.cwd),
    ...uv.levels,
    pipLevel(pip.files, ctx.cwd),
  ];
  const merged = mergeLevels(levels);
  const links = await findLinksOf(ctx.env, levels, explicit);
  const pipAll: PipOptions = new Map([...pip.files, ...pip.env]);
  return {
    env: { ...unsetOnly(ctx.env, uv.env), ...indexEnv(merged, links.all), ...transportEnv(ctx.env, pipAll) },
    args: merged.noIndex ? ["--no-index"] : [],
    key: settingsKey(merged, links.all),
    findLinks: links.folders,
    formats: pipFormats(pipAll),
    constraintFiles: pipList(pipAll.get("constraint")).map((path) => placeOfLinks(ctx.env, ctx.cwd, path)),
    warnings: [...pip.warnings, ...links.warnings],
  };
}

/** The user's variable of the same name reaches uv by itself and stands over a file. */
const unsetOnly = (env: Env, settings: Record<string, string>) =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !env[name]));

/** pip fills ${VARIABLES} in requirement files; in `configs.pip` they are filled the same way. */
function expandedUrls(env: Env, { indexUrl, extraIndexUrls }: ExplicitIndex) {
  const expand = (url: string) => fillVariables(env, url);
  return { indexUrl: indexUrl && expand(indexUrl), extraIndexUrls: extraIndexUrls.map(expand) };
}

/** The variables that indexes of these settings still want. */
export const unsetVariables = ({ env }: Pick<IndexSettings, "env">): string[] =>
  variablesIn(`${env.UV_DEFAULT_INDEX ?? ""} ${env.UV_INDEX ?? ""}`);

/** What the Python client reads. */
const legacyLevel = (env: Env): IndexLevel => ({
  indexUrl: env.SW_PYPI_INDEX_URL || undefined,
  extraIndexUrls: pipList(env.SW_PYPI_EXTRA_INDEX_URL),
  findLinks: [],
  findLinksBase: "/",
  trustedHosts: pipList(env.SW_PYPI_TRUSTED_HOST),
});

const pipLevel = (options: PipOptions, cwd: string): IndexLevel => ({
  indexUrl: options.get("index-url") ?? options.get("pypi-url"),
  extraIndexUrls: pipList(options.get("extra-index-url")),
  findLinks: pipList(options.get("find-links")),
  findLinksBase: cwd,
  trustedHosts: pipList(options.get("trusted-host")),
  noIndex: options.has("no-index") ? pipBoolean(options.get("no-index")) : undefined,
});

const pipFormats = (options: PipOptions): IndexSettings["formats"] => ({
  pre: pipBoolean(options.get("pre")),
  noBinary: formatList(options.get("no-binary")),
  onlyBinary: formatList(options.get("only-binary")),
});

const formatList = (value: string | undefined) => (value ?? "").split(/[\s,]+/).filter((item) => item !== "");

interface Merged {
  indexUrl?: string;
  extraIndexUrls: string[];
  trustedHosts: string[];
  noIndex: boolean;
  strategy: string;
  excludeNewer?: string;
}

/**
 * One index comes from the strongest level that names one. Further indexes are the runtime's and those of the strongest
 * level of the machine that names any: pip too lets PIP_EXTRA_INDEX_URL replace the file's and the command line add to it.
 */
function mergeLevels(levels: readonly IndexLevel[]): Merged {
  const [own, ...machine] = levels;
  const extra = machine.find((level) => level.extraIndexUrls.length > 0)?.extraIndexUrls ?? [];
  return {
    indexUrl: levels.map((level) => level.indexUrl).find((url) => url !== undefined && url !== ""),
    extraIndexUrls: unique([...(own?.extraIndexUrls ?? []), ...extra]),
    trustedHosts: unique(levels.flatMap((level) => level.trustedHosts)),
    noIndex: own?.noIndex || (machine.map((level) => level.noIndex).find((value) => value !== undefined) ?? false),
    // pip's meaning of several indexes: the best version over all of them.
    strategy: machine.map((level) => level.strategy).find((value) => value !== undefined) ?? "unsafe-best-match",
    excludeNewer: machine.map((level) => level.excludeNewer).find((value) => value !== undefined),
  };
}

function indexEnv(merged: Merged, findLinks: readonly string[]): Record<string, string> {
  const env: Record<string, string> = { UV_INDEX_STRATEGY: merged.strategy };
  if (merged.indexUrl && !merged.noIndex) env.UV_DEFAULT_INDEX = indexLocation(merged.indexUrl);
  if (merged.extraIndexUrls.length > 0 && !merged.noIndex)
    env.UV_INDEX = merged.extraIndexUrls.map(indexLocation).join(" ");
  if (findLinks.length > 0) env.UV_FIND_LINKS = findLinks.map(listItem).join(",");
  if (merged.trustedHosts.length > 0) env.UV_INSECURE_HOST = merged.trustedHosts.join(" ");
  if (merged.excludeNewer) env.UV_EXCLUDE_NEWER = merged.excludeNewer;
  return env;
}

/** A folder as a file URL, since uv would split its name at blanks. */
const indexLocation = (url: string) => (isAbsolute(url) ? Bun.pathToFileURL(url).href : url);
/** uv splits at commas. */
const listItem = (item: string) =>
  isAbsolute(item) && item.includes(",") ? Bun.pathToFileURL(item).href.replaceAll(",", "%2C") : item;

/** Certificates, proxy and patience of pip, where the user has not said it in uv's own words. */
function transportEnv(env: Env, options: PipOptions): Record<string, string> {
  const out: Record<string, string> = {};
  const cert = options.get("cert") ?? (env.REQUESTS_CA_BUNDLE || env.CURL_CA_BUNDLE);
  const client = options.get("client-cert");
  const timeout = options.get("timeout") ?? options.get("default-timeout") ?? env.SW_PYPI_TIMEOUT;
  const retries = options.get("retries") ?? env.SW_PYPI_RETRIES;
  const keyring = options.get("keyring-provider");
  if (cert && !env.SSL_CERT_FILE && !env.SSL_CERT_DIR) out.SSL_CERT_FILE = cert;
  // Ours stands over all of them, as for servers and registries.
  if (env.SW_CA_BUNDLE) out.SSL_CERT_FILE = expandHome(env, env.SW_CA_BUNDLE);
  if (client && !env.SSL_CLIENT_CERT) out.SSL_CLIENT_CERT = client;
  if (/^\d+/.test(timeout ?? "") && !env.UV_HTTP_TIMEOUT)
    out.UV_HTTP_TIMEOUT = String(Math.ceil(Number.parseFloat(timeout ?? "")));
  if (/^\d+$/.test(retries ?? "") && !env.UV_HTTP_RETRIES) out.UV_HTTP_RETRIES = retries ?? "";
  if ((keyring === "subprocess" || keyring === "import") && !env.UV_KEYRING_PROVIDER)
    out.UV_KEYRING_PROVIDER = "subprocess";
  return { ...out, ...proxyEnv(options.get("proxy")) };
}

/** pip's own proxy wins over the environment's, whichever case that is written in. */
function proxyEnv(proxy: string | undefined): Record<string, string> {
  if (!proxy) return {};
  const url = /^[a-z0-9]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
  return { HTTP_PROXY: url, HTTPS_PROXY: url, http_proxy: url, https_proxy: url };
}

interface FindLinks {
  /** Folders and URLs. */
  all: string[];
  folders: string[];
  warnings: string[];
}

/** All levels' places; a folder that is not there or offers nothing would only stop uv. */
async function findLinksOf(env: Env, levels: readonly IndexLevel[], explicit: ExplicitIndex): Promise<FindLinks> {
  const out: FindLinks = { all: [], folders: [], warnings: [] };
  const [own, ...machine] = levels;
  // As with further indexes: the runtime's and those of the strongest level of the machine.
  const chosen = [own, machine.find((level) => level.findLinks.length > 0)].filter((level) => level !== undefined);
  for (const { findLinks, findLinksBase } of chosen) {
    for (const item of findLinks)
      await addFindLinks(out, placeOfLinks(env, findLinksBase, item), explicit.findLinks.includes(item));
  }
  return { ...out, all: unique(out.all), folders: unique(out.folders) };
}

const placeOfLinks = (env: Env, base: string, item: string) => {
  if (/^file:\/\//i.test(item)) return Bun.fileURLToPath(item);
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(item) ? item : userPath(env, base, item);
};

async function addFindLinks(out: FindLinks, place: string, wanted: boolean): Promise<void> {
  if (!isAbsolute(place)) {
    out.all.push(place);
    return;
  }
  const content = await listPackages(place);
  if (content === undefined && wanted) out.warnings.push(`find-links ${place} is not a folder and is left out`);
  if (content === undefined || content === 0) return;
  out.all.push(place);
  out.folders.push(place);
}

async function listPackages(folder: string): Promise<number | undefined> {
  try {
    return (await readdir(folder)).filter((name) => /\.(whl|tar\.gz|tgz|zip|tar\.bz2|tar\.xz)$/.test(name)).length;
  } catch (e) {
    if (errno(e) === "ENOENT" || errno(e) === "ENOTDIR" || errno(e) === "EACCES") return undefined;
    throw e;
  }
}

const settingsKey = (merged: Merged, findLinks: readonly string[]) => ({
  index: merged.noIndex ? null : stripUserinfo(merged.indexUrl ?? ""),
  extra: merged.noIndex ? [] : merged.extraIndexUrls.map(stripUserinfo),
  noIndex: merged.noIndex,
  strategy: merged.strategy,
  excludeNewer: merged.excludeNewer ?? "",
  findLinks: findLinks.map(stripUserinfo),
});

const unique = (values: readonly string[]) => [...new Set(values)];
