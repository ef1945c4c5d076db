/**
 * Projects: a folder under the root that the Python client sees too, and a record of ours that says when it was made and
 * whether it is removed. Runtimes of a removed project keep their refs; it is a gate before them.
 * Tests: test/e2e/project.test.ts
 */
import { mkdir, rmdir, stat } from "node:fs/promises";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { withFileLock } from "#core/platform/file-lock.ts";
import { namesIn, stemsIn } from "#core/platform/folder.ts";
import { readTextIfAny, removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { isSame, type Stamp, stampOf } from "#core/platform/stamp.ts";
import { listRefProjects } from "#core/store/refs.ts";
import { isName } from "#core/uri/names.ts";
import { DEFAULT_PROJECT } from "#core/uri/uri.ts";

const RecordSchema = v.looseObject({
  format: v.number(),
  name: v.string(),
  /** Unix ms. */
  created_at: v.number(),
  removed_at: v.optional(v.number()),
  /** Collected, but the folder of the Python client is still there: it is not shown and can't be recovered. */
  collected: v.optional(v.boolean()),
});

export type ProjectRecord = v.InferOutput<typeof RecordSchema>;

export const PROJECT_FORMAT = 1;

const recordPath = (ctx: Ctx, name: string) => `${ctx.paths.store}/projects/${name}.json`;
export const projectDir = (ctx: Ctx, name: string): string => `${ctx.paths.root}/${name}`;

/** What we noted of a project; most have no record. Asked by every verb: one stat. */
export async function readProject(ctx: Ctx, name: string): Promise<ProjectRecord | undefined> {
  const path = recordPath(ctx, name);
  const stamp = stampOf(path);
  if (!stamp) return undefined;
  const known = ctx.memo.get<{ stamp: Stamp; record: ProjectRecord }>(`project:${name}`);
  if (known && isSame(known.stamp, stamp)) return known.record;
  const record = parseRecord(path, await readTextIfAny(path));
  if (record) ctx.memo.set(`project:${name}`, { stamp, record });
  return record;
}

function parseRecord(path: string, text: string | undefined): ProjectRecord | undefined {
  if (text === undefined) return undefined;
  let record: ProjectRecord;
  try {
    record = v.parse(RecordSchema, JSON.parse(text));
  } catch (e) {
    throw new SwError("STORE_DAMAGED", `${path} can't be read`, { hint: "Run `swcli doctor --store`.", cause: e });
  }
  if (record.format <= PROJECT_FORMAT) return record;
  throw new SwError("FORMAT_TOO_NEW", `${path} was written by a newer swcli`, {
    hint: "Use that swcli or a newer one.",
  });
}

/** @throws PROJECT_NOT_FOUND when it is removed */
export async function refuseRemoved(ctx: Ctx, name: string): Promise<void> {
  if ((await readProject(ctx, name))?.removed_at === undefined) return;
  throw notFound(name, `It has been removed; bring it back with: swcli project recover ${name}`);
}

export const notFound = (name: string, hint = "`swcli project list` shows what is there.") =>
  new SwError("PROJECT_NOT_FOUND", `no project ${name}`, { hint, detail: { project: name } });

/** Live: made by either client, or holding runtimes. */
export async function projectExists(ctx: Ctx, name: string): Promise<boolean> {
  return (await listProjects(ctx)).includes(name);
}

/** Names of live projects; `self` is always there. */
export async function listProjects(ctx: Ctx): Promise<string[]> {
  const folders = (await namesIn(ctx.paths.root)).filter(
    (name) => isName(name) && stampOf(`${projectDir(ctx, name)}/.`),
  );
  const all = new Set([DEFAULT_PROJECT, ...folders, ...(await recordedProjects(ctx)), ...(await listRefProjects(ctx))]);
  const live = await Promise.all([...all].map(async (name) => ((await isRemoved(ctx, name)) ? [] : [name])));
  return live.flat().sort();
}

/** Names of removed projects that can be recovered. */
export async function listRemovedProjects(ctx: Ctx): Promise<ProjectRecord[]> {
  const records = await Promise.all((await recordedProjects(ctx)).map((name) => readProject(ctx, name)));
  return records
    .filter((record) => record !== undefined)
    .filter((one) => one.removed_at !== undefined && !one.collected);
}

const isRemoved = async (ctx: Ctx, name: string) => (await readProject(ctx, name))?.removed_at !== undefined;

const recordedProjects = async (ctx: Ctx): Promise<string[]> => await stemsIn(`${ctx.paths.store}/projects`, ".json");

/** Unix ms. */
export async function projectCreatedAt(ctx: Ctx, name: string): Promise<number | undefined> {
  const record = await readProject(ctx, name);
  if (record) return record.created_at;
  return (await birth(projectDir(ctx, name))) ?? (await birth(`${ctx.paths.refs}/${name}`));
}

async function birth(path: string): Promise<number | undefined> {
  try {
    const info = await stat(path);
    return Math.round(info.birthtimeMs || info.ctimeMs);
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return undefined;
  }
}

/** Changes one record under the lock of refs; `change` gets what is there and gives what shall be, undefined to drop it. */
export async function updateProject(
  ctx: Ctx,
  name: string,
  change: (record: ProjectRecord | undefined) => Promise<ProjectRecord | undefined> | ProjectRecord | undefined,
): Promise<ProjectRecord | undefined> {
  return await withFileLock(`${ctx.paths.locks}.refs.lock`, ctx.signal, async () => {
    const next = await change(await readProject(ctx, name));
    if (next) await writeFileAtomic(recordPath(ctx, name), `${JSON.stringify(next, null, 1)}\n`);
    else await removeFile(recordPath(ctx, name));
    return next;
  });
}

/** So that the Python client sees it. */
export const makeFolder = async (ctx: Ctx, name: string): Promise<void> => {
  await mkdir(projectDir(ctx, name), { recursive: true });
};

/** Only when it is empty: what is in it is the Python client's. @returns whether it is gone */
export const dropFolder = async (ctx: Ctx, name: string): Promise<boolean> => await dropEmpty(projectDir(ctx, name));

/** Once it holds no runtimes. */
export const dropRefsFolder = async (ctx: Ctx, name: string): Promise<boolean> =>
  await dropEmpty(`${ctx.paths.refs}/${name}`);

async function dropEmpty(dir: string): Promise<boolean> {
  try {
    await rmdir(dir);
    return true;
  } catch (e) {
    if (errno(e) === "ENOENT") return true;
    if (errno(e) !== "ENOTEMPTY" && errno(e) !== "EEXIST" && errno(e) !== "ENOTDIR") throw e;
    return false;
  }
}
