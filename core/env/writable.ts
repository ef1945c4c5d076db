/**
 * Writable environments: private ones in which people install what they like, kept by name (or by the shell that asked)
 * in `<envs>/writable/<name>/`, apart from the shared ones and never collected behind anybody's back.
 * Owns `<name>.json` there, which says what each is; opened by core/env/open-writable.ts. Tests: test/e2e/writable.test.ts
 */
import { existsSync, statSync } from "node:fs";
import { hostname } from "node:os";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { isSharedName } from "#core/env/envs-list.ts";
import { targetOf } from "#core/env/links.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { startTime } from "#core/store/leases.ts";
import { isName } from "#core/uri/names.ts";

const OwnerSchema = v.object({ pid: v.number(), started: v.string(), host: v.optional(v.string()) });

const WritableSchema = v.looseObject({
  format: v.number(),
  name: v.string(),
  prefix: v.string(),
  mode: v.picklist(["venv", "conda"]),
  project: v.string(),
  runtime: v.string(),
  /** The version that it was made from. */
  version: v.string(),
  created_at: v.number(),
  /** The shell that it was made for; with a name it is nobody's. */
  owner: v.nullable(OwnerSchema),
});

export type Writable = v.InferOutput<typeof WritableSchema>;
export type Owner = v.InferOutput<typeof OwnerSchema>;

export const WRITABLE_FORMAT = 1;

export const writableFolder = (ctx: Ctx): string => `${ctx.paths.envs}/writable`;
export const writablePrefix = (ctx: Ctx, name: string): string => `${writableFolder(ctx)}/${name}`;
export const writableRecord = (ctx: Ctx, name: string): string => `${writableFolder(ctx)}/${name}.json`;
export const writableLock = (ctx: Ctx, name: string): string => `${ctx.paths.locks}.writable-${name}.lock`;

/** What stands for the key of a shared one, see core/env/last-use.ts. */
export const useKey = (name: string): string => `writable/${name}`;
export const isWritableKey = (key: string): boolean => key.startsWith("writable/");

/** The last thing that is put into one. */
export const writableSign = (prefix: string): string => `${prefix}/.swcli/writable`;

/** Whether people may install into a prefix. */
export const isWritable = (prefix: string): boolean => existsSync(writableSign(prefix));

/** What stands beside an environment is named after it. */
export const isWritableName = (name: string): boolean =>
  isName(name) && !/\.(json|used|old)$/.test(name) && !isSharedName(name);

export const ownerOf = (pid: number): Owner => ({ pid, started: startTime(pid), host: hostname() });

/** That of a shell's own environment: one for each runtime that it uses. */
export function ownName({ pid, started }: Owner, at: { project: string; runtime: string }): string {
  return `shell-${pid}-${sha256Hex(`${started} ${at.project}/${at.runtime}`).slice(0, 8)}`;
}

/** Made for a shell that has ended, or had ended when it was made; of those of other machines nobody can say. */
export function isOrphan({ owner }: Writable): boolean {
  if (owner === null || (owner.host ?? hostname()) !== hostname()) return false;
  return owner.started === "" || startTime(owner.pid) !== owner.started;
}

export async function writeWritable(ctx: Ctx, record: Writable): Promise<void> {
  await writeFileAtomic(writableRecord(ctx, record.name), `${JSON.stringify(record, null, 1)}\n`);
}

/** undefined when there is none, or its folder has gone, or it was never made to the end. */
export async function readWritable(ctx: Ctx, name: string): Promise<Writable | undefined> {
  const prefix = writablePrefix(ctx, name);
  const text = await readTextIfAny(writableRecord(ctx, name));
  if (!existsSync(prefix)) return undefined;
  if (text === undefined) return isWritable(prefix) && isWritableName(name) ? unreadable(ctx, name) : undefined;
  try {
    return v.parse(WritableSchema, JSON.parse(text));
  } catch {
    return unreadable(ctx, name);
  }
}

/** What somebody installed is in it all the same. */
function unreadable(ctx: Ctx, name: string): Writable {
  const prefix = writablePrefix(ctx, name);
  const created_at = statSync(prefix).mtimeMs;
  const mode = existsSync(`${prefix}/conda-meta`) ? "conda" : "venv";
  return { format: 0, name, prefix, mode, project: "", runtime: "", version: "", created_at, owner: null };
}

/** Why nobody can work in it now; undefined when all is well. */
export function lackOf({ format, name, prefix }: Writable): string | undefined {
  if (format === 0) return `the record of the writable environment ${name} is gone or can't be read`;
  const python = `${prefix}/bin/python`;
  return existsSync(python)
    ? undefined
    : `the Python of the writable environment ${name} is not there: ${targetOf(python) ?? python}`;
}

export async function listWritable(ctx: Ctx): Promise<Writable[]> {
  const names = (await namesIn(writableFolder(ctx))).filter(isWritableName);
  const records = await Promise.all(names.map((name) => readWritable(ctx, name)));
  return records.filter((record) => record !== undefined);
}
