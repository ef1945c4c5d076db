/**
 * What the Python client left under the same root: package files and tag tables, looked at by name, size and time only.
 * Writes nothing there. Knows nothing of our refs. Tests: test/unit/core/store/foreign.test.ts
 */
import { readdirSync, statSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { isName } from "#core/uri/names.ts";

export interface ForeignVersion {
  id: string;
  /** Bytes of the package file. */
  size: number;
  /** Unix ms. */
  mtime: number;
}

export interface ForeignRuntime {
  versions: ForeignVersion[];
  tags: Record<string, string>;
  seq: number;
}

const runtimesDir = (ctx: Ctx, project: string) => `${ctx.paths.root}/${project}/runtime`;
const runtimeDir = (ctx: Ctx, project: string, name: string) => `${runtimesDir(ctx, project)}/${name}`;

/** Where the Python client keeps a runtime; nothing of its is there while this is not. */
export const foreignDir = (ctx: Ctx, project: string, name: string): string => runtimeDir(ctx, project, name);

/** Where the package of a version lies when the Python client made it. */
export const foreignFile = (ctx: Ctx, at: { project: string; name: string; id: string }): string =>
  `${runtimeDir(ctx, at.project, at.name)}/${at.id.slice(0, 2)}/${at.id}.swrt`;

/** Names with a folder of packages; "" costs one look at a folder that is rarely there. */
export const foreignNames = (ctx: Ctx, project: string): string[] => names(runtimesDir(ctx, project)).filter(isName);

export const foreignProjects = (ctx: Ctx): string[] =>
  names(ctx.paths.root).filter((name) => isName(name) && foreignNames(ctx, name).length > 0);

/**
 * Changes when anything does that `readForeign` would tell: the other client does not touch our generation.
 * Of a whole project when no name is given.
 */
export function foreignStamp(ctx: Ctx, project: string, name?: string): string {
  if (name !== undefined) return stampOf(runtimeDir(ctx, project, name));
  return foreignNames(ctx, project)
    .map((one) => `${one}=${stampOf(runtimeDir(ctx, project, one))}`)
    .join(";");
}

/** The folder, its table and its folders of packages; "" when there is nothing. */
function stampOf(dir: string): string {
  if (mtime(dir) === undefined) return "";
  return [
    "",
    "/_manifest.yaml",
    ...names(dir)
      .filter(isPrefix)
      .map((n) => `/${n}`),
  ]
    .map((path) => mtime(`${dir}${path}`))
    .join(",");
}

/** undefined when the Python client knows no such runtime. Tables are read again only when they changed. */
export async function readForeign(ctx: Ctx, project: string, name: string): Promise<ForeignRuntime | undefined> {
  const dir = runtimeDir(ctx, project, name);
  const stamp = stampOf(dir);
  if (stamp === "") return undefined;
  const key = `foreign:${dir}`;
  const known = ctx.memo.get<{ stamp: string; value: ForeignRuntime }>(key);
  if (known?.stamp === stamp) return known.value;
  const value = { versions: versionsIn(dir), ...(await tableIn(dir)) };
  ctx.memo.set(key, { stamp, value });
  return value;
}

async function tableIn(dir: string): Promise<Pick<ForeignRuntime, "tags" | "seq">> {
  const text = await readTextIfAny(`${dir}/_manifest.yaml`);
  if (text === undefined) return { tags: {}, seq: -1 };
  // Loaded late: yaml is heavy, and most stores hold nothing of the other client's.
  const { parseTagTable } = await import("#core/manifest/tag-table.ts");
  const { tags, seq } = parseTagTable(text) ?? { tags: {}, seq: -1 };
  return { tags: Object.fromEntries(Object.entries(tags).filter(([tag, id]) => isName(tag) && isId(id))), seq };
}

const isPrefix = (name: string) => /^[a-z2-7]{2}$/.test(name);
const isId = (text: string) => /^[a-z2-7]{4,80}$/.test(text);

function versionsIn(dir: string): ForeignVersion[] {
  return names(dir)
    .filter(isPrefix)
    .flatMap((prefix) => names(`${dir}/${prefix}`).flatMap((file) => versionOf(`${dir}/${prefix}`, prefix, file)));
}

function versionOf(dir: string, prefix: string, file: string): ForeignVersion[] {
  const id = file.replace(/\.swrt$/, "");
  if (id === file || !isId(id) || !id.startsWith(prefix)) return [];
  const info = statIfAny(`${dir}/${file}`);
  return info?.isFile() ? [{ id, size: info.size, mtime: Math.round(info.mtimeMs) }] : [];
}

/** The file of a version under whatever name, or undefined. For the rare first use of a package's content. */
export function findForeign(ctx: Ctx, id: string): string | undefined {
  if (!isId(id)) return undefined;
  for (const project of names(ctx.paths.root).filter(isName)) {
    for (const name of foreignNames(ctx, project)) {
      const file = foreignFile(ctx, { project, name, id });
      if (statIfAny(file)?.isFile()) return file;
    }
  }
  return undefined;
}

const mtime = (path: string) => statIfAny(path)?.mtimeMs;

function statIfAny(path: string) {
  return statSync(path, { throwIfNoEntry: false });
}

/** Absent, or a file where a folder was expected: nothing is in it. */
function names(dir: string): string[] {
  try {
    return readdirSync(dir).sort();
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    return [];
  }
}
