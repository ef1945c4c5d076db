/**
 * The user's condarc, from the files that conda itself reads, the strongest last. Also as the text of a package's own.
 * Owns the search and the merge. Tests: test/unit/core/config/condarc.test.ts
 */
import { readdir } from "node:fs/promises";
import { parse, stringify } from "yaml";
import { authVariable, howToOpen, noSecrets, takeSecrets } from "#core/conda/channel-secrets.ts";
import { condaRoots } from "#core/config/conda-roots.ts";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import type { Env } from "#core/platform/env.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { expandHome, homeDir } from "#core/platform/paths.ts";

export type CondarcData = Record<string, unknown>;

export interface Condarc {
  data: CondarcData;
  /** The files that there were. */
  files: string[];
}

/** A file that is no yaml is said and left out: conda may not be used at all. */
export async function readCondarc(ctx: Pick<Ctx, "env" | "report">): Promise<Condarc> {
  const out: Condarc = { data: {}, files: [] };
  for (const path of await condarcFiles(ctx.env)) {
    const text = await readTextIfAny(path);
    if (text === undefined) continue;
    const data = parseCondarc(text);
    if (data === undefined) ctx.report.warn(`${path} is not a condarc and is left out`);
    else {
      out.data = merge(out.data, data);
      out.files.push(path);
    }
  }
  return out;
}

function parseCondarc(text: string): CondarcData | undefined {
  try {
    const data: unknown = parse(text, { version: "1.1" });
    return data === null || data === undefined ? {} : isRecord(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is CondarcData =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** conda's rule: the stronger file's values win, its lists go before those of the weaker, maps are joined. */
function merge(weak: CondarcData, strong: CondarcData): CondarcData {
  const out = { ...weak };
  for (const [key, value] of Object.entries(strong)) {
    const own = out[key];
    if (Array.isArray(own) && Array.isArray(value)) out[key] = [...new Set([...value, ...own])];
    else out[key] = isRecord(own) && isRecord(value) ? { ...own, ...value } : value;
  }
  return out;
}

/** From the weakest to the strongest; see conda's search path. */
export async function condarcFiles(env: Env): Promise<string[]> {
  // Of several installations the first is the one in use, and so the strongest.
  const roots = ["/etc/conda", "/var/lib/conda", ...condaRoots(env).reverse()];
  const home = homeDir(env);
  const folders = [...roots, `${env.XDG_CONFIG_HOME || `${home}/.config`}/conda`, `${home}/.conda`];
  const inFolders = await Promise.all(folders.map(filesOf));
  const last = [`${home}/.condarc`, ...(env.CONDA_PREFIX ? [`${env.CONDA_PREFIX}/.condarc`] : [])];
  const own = env.CONDARC ? [expandHome(env, env.CONDARC)] : [];
  return [...inFolders.flat(), ...last, ...own];
}

async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(`${folder}/condarc.d`).catch((e: unknown) => {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR" && errno(e) !== "EACCES") throw e;
    return [];
  });
  const parts = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  return [`${folder}/.condarc`, `${folder}/condarc`, ...parts.map((name) => `${folder}/condarc.d/${name}`)];
}

/** As the file of a package, sorted so that the same settings give the same bytes. */
export const condarcText = (data: CondarcData): string =>
  stringify(data, { version: "1.1", sortMapEntries: true, lineWidth: 0, singleQuote: true, indentSeq: false });

// To the last `@` before the path: one in a password need not be escaped.
const LOGIN = /^([a-z][a-z0-9+.-]*:\/\/)([^/\s?#]+)@/i;
const TOKEN = /\/t\/([^/\s]+)/;
const PASSWORDS = /^(client_ssl_cert_key|.*token.*|.*password.*)$/i;
const VARIABLES = /\$\{?[A-Z][A-Z0-9_]*\}?/g;

/**
 * Credentials become `${SW_CONDA_AUTH_…}` where a variable can stand in, and are said; conda expands variables in condarc.
 * @param channels of the lock: what opens the second of them gets the number 2, as a restore understands it
 */
export function cleanCondarc(
  ctx: Pick<Ctx, "report">,
  data: CondarcData,
  channels: readonly string[] = [],
): CondarcData {
  const found = new Found(channels);
  const clean = cleanValue(data, found, "");
  for (const warning of found.said) ctx.report.warn(warning);
  return isRecord(clean) ? clean : {};
}

/** The variables that took a secret's place. */
class Found {
  readonly said = new Set<string>();
  #others = 0;
  constructor(readonly channels: readonly string[]) {}

  /** @param address without secrets; what opens no channel of the lock gets a number that none of them has */
  variableFor(key: string, address?: string): string {
    const at = this.channels.findIndex((channel) => channel === address || channel.startsWith(`${address}/`));
    const name = authVariable(at >= 0 ? at + 1 : this.channels.length + ++this.#others);
    const what = address === undefined ? `${key} of the condarc` : `what opens ${address} (${key} of the condarc)`;
    const how = at >= 0 ? howToOpen(at + 1) : `conda reads it from ${name} there`;
    this.said.add(`${what} stays out of the package; ${how}`);
    return `\${${name}}`;
  }
}

function cleanValue(value: unknown, found: Found, key: string): unknown {
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, found, key));
  if (isRecord(value)) {
    const within = (name: string) => (key === "" ? name : key);
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, cleanValue(item, found, within(name))]),
    );
  }
  if (typeof value !== "string") return value;
  if (PASSWORDS.test(key)) return isVariable(value) ? value : found.variableFor(key);
  return cleanAddress(value, found, key);
}

function cleanAddress(written: string, found: Found, key: string): string {
  // A folder is no secret.
  if (/^(file:|[/~.])/i.test(written)) return written;
  const clean = takeSecrets({}, written, noSecrets());
  const put = (secret: string, whole: string) => (isVariable(secret) ? whole : found.variableFor(key, clean));
  return written
    .replace(LOGIN, (_, scheme: string, login: string) => {
      const password = login.includes(":") ? login.slice(login.indexOf(":") + 1) : login;
      return `${scheme}${put(password, login)}@`;
    })
    .replace(TOKEN, (_, token: string) => `/t/${put(token, token)}`);
}

const isVariable = (secret: string) => secret.replace(VARIABLES, "") === "";
