/**
 * Writable environments: private ones in which people install what they like, kept by name (or by the shell that asked)
 * in `<envs>/writable/<name>/`, apart from the shared ones and never collected behind anybody's back.
 * What people edit in place are copies there; large binary files stay links. Tests: test/e2e/writable.test.ts
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { placeSmallPip } from "#core/env/guard.ts";
import { makeAt } from "#core/env/restore.ts";
import { unlinkTexts } from "#core/env/unlink-texts.ts";
import { SwError } from "#core/errors.ts";
import { withFileLock } from "#core/platform/file-lock.ts";
import { stemsIn } from "#core/platform/folder.ts";
import { readTextIfAny, removeFile, removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { startTime } from "#core/store/leases.ts";
import type { Version } from "#core/store/versions.ts";

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
  /** The shell or command that it was made for; with a name it is nobody's. */
  owner: v.nullable(v.object({ pid: v.number(), started: v.string() })),
});

export type Writable = v.InferOutput<typeof WritableSchema>;

const FORMAT = 1;

const folder = (ctx: Ctx) => `${ctx.paths.envs}/writable`;
const recordPath = (ctx: Ctx, name: string) => `${folder(ctx)}/${name}.json`;

/** Whether people may install into a prefix. */
export const isWritable = (prefix: string): boolean => existsSync(`${prefix}/.swcli/writable`);

export interface WritableInput {
  /** "" : the owner's. */
  name: string;
  ownerPid: number;
  project: string;
  runtime: string;
  version: Version;
}

/** The environment of that name, made if there is none. @throws EXISTS when it was made for another runtime */
export async function openWritable(ctx: Ctx, input: WritableInput): Promise<Writable> {
  const name = input.name || `shell-${input.ownerPid}-${startTime(input.ownerPid)}`;
  return await withFileLock(`${ctx.paths.locks}.writable-${name}.lock`, ctx.signal, async () => {
    const there = await readWritable(ctx, name);
    if (!there) return await makeWritable(ctx, name, input);
    if (there.runtime !== input.runtime || there.project !== input.project) throw taken(there);
    if (there.version !== input.version.id) ctx.report.warn(`${name} was made from version ${short(there.version)}`);
    return there;
  });
}

const short = (id: string) => id.slice(0, 12);

const taken = ({ name, project, runtime }: Writable) =>
  new SwError("EXISTS", `the writable environment ${name} belongs to runtime ${runtime} of project ${project}`, {
    hint: `Choose another name, or remove it: swcli env remove ${name}`,
  });

async function makeWritable(ctx: Ctx, name: string, input: WritableInput): Promise<Writable> {
  const prefix = `${folder(ctx)}/${name}`;
  await removeTree(prefix);
  await mkdir(folder(ctx), { recursive: true });
  try {
    const made = await makeAt(ctx, input.version, prefix);
    await unlinkTexts(prefix);
    placeSmallPip(prefix, made.version);
    await mkdir(`${prefix}/.swcli`, { recursive: true });
    await writeFile(`${prefix}/.swcli/writable`, `${name}\n`);
    const { project, runtime, version, ownerPid } = input;
    const owner = input.name ? null : { pid: ownerPid, started: startTime(ownerPid) };
    const facts = { format: FORMAT, name, prefix, mode: made.mode, project, runtime, version: version.id, owner };
    const record: Writable = { ...facts, created_at: ctx.clock.now() };
    await writeFileAtomic(recordPath(ctx, name), `${JSON.stringify(record, null, 1)}\n`);
    return record;
  } catch (e) {
    await removeTree(prefix);
    throw e;
  }
}

/** undefined when there is none, or its interpreter has gone: then it is made anew. */
export async function readWritable(ctx: Ctx, name: string): Promise<Writable | undefined> {
  const text = await readTextIfAny(recordPath(ctx, name));
  if (text === undefined) return undefined;
  try {
    const record = v.parse(WritableSchema, JSON.parse(text));
    return existsSync(`${record.prefix}/bin/python`) ? record : undefined;
  } catch {
    return undefined;
  }
}

export async function listWritable(ctx: Ctx): Promise<Writable[]> {
  const names = await stemsIn(folder(ctx), ".json");
  const records = await Promise.all(names.map((name) => readWritable(ctx, name)));
  return records.filter((record) => record !== undefined);
}

export async function removeWritable(ctx: Ctx, { name, prefix }: Writable): Promise<void> {
  await withFileLock(`${ctx.paths.locks}.writable-${name}.lock`, ctx.signal, async () => {
    await removeFile(recordPath(ctx, name));
    await removeTree(prefix);
  });
}

/** Made for a shell that has ended. */
export const isOrphan = ({ owner }: Writable): boolean => owner !== null && startTime(owner.pid) !== owner.started;
