/**
 * Opens the writable environment of a name or of a shell, and makes it when there is none. One that is there is never made
 * anew unless somebody says so: what was installed into it is nowhere else.
 * What people edit in place are copies there; large binary files stay links. Tests: test/e2e/writable.test.ts
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { placeSmallPip } from "#core/env/guard.ts";
import { usersOf } from "#core/env/in-use.ts";
import { noteUse } from "#core/env/last-use.ts";
import { noteShell } from "#core/env/live-shells.ts";
import { makeAt } from "#core/env/restore.ts";
import { unlinkTexts } from "#core/env/unlink-texts.ts";
import {
  lackOf,
  type Owner,
  ownerOf,
  ownName,
  readWritable,
  useKey,
  WRITABLE_FORMAT,
  type Writable,
  writableFolder,
  writableLock,
  writablePrefix,
  writableRecord,
  writableSign,
  writeWritable,
} from "#core/env/writable.ts";
import { SwError } from "#core/errors.ts";
import { withFileLock } from "#core/platform/file-lock.ts";
import { readTextIfAny, removeFile, removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { wholeShell } from "#core/platform/proc-stat.ts";
import { acquireLease, dropLease } from "#core/store/leases.ts";
import type { Version } from "#core/store/versions.ts";

export interface WritableInput {
  /** "" : the owner's. */
  name: string;
  /** The shell that asks, or a copy of it. */
  ownerPid: number;
  /** A shell that goes in and that nothing else will tell of. */
  shellPid?: number | undefined;
  /** Make it anew, without what was installed into it. */
  fresh: boolean;
  project: string;
  runtime: string;
  version: Version;
}

/**
 * The environment of that name, made if there is none.
 * @throws EXISTS when it was made for another runtime, PYTHON_NOT_FOUND when its own has gone, IN_USE for a fresh one
 */
export async function openWritable(ctx: Ctx, input: WritableInput): Promise<Writable> {
  const owner = ownerOf(wholeShell(input.ownerPid));
  const name = input.name || ownName(owner, input);
  return await withFileLock(writableLock(ctx, name), ctx.signal, async () => {
    const env = await openLocked(ctx, name, { ...input, owner: input.name ? null : owner });
    // Before the lock goes: whoever removes it looks under the lock.
    noteUse(ctx, useKey(name));
    if (input.shellPid !== undefined) noteShell(ctx, env.prefix, input.shellPid);
    return env;
  });
}

type Wanted = WritableInput & { owner: Owner | null };

async function openLocked(ctx: Ctx, name: string, wanted: Wanted): Promise<Writable> {
  const there = await readWritable(ctx, name);
  if (!there) return await makeWritable(ctx, name, wanted);
  const isOthers = there.runtime !== wanted.runtime || there.project !== wanted.project;
  if (there.runtime !== "" && isOthers) throw taken(there);
  if (wanted.fresh) return await makeAnew(ctx, there, wanted);
  if (lackOf(there) !== undefined) throw lacking(there, wanted);
  if (there.version !== wanted.version.id) ctx.report.warn(`${name} was made from version ${short(there.version)}`);
  return there;
}

const short = (id: string) => id.slice(0, 12);

const taken = ({ name, project, runtime }: Writable) =>
  new SwError("EXISTS", `the writable environment ${name} belongs to runtime ${runtime} of project ${project}`, {
    hint: `Choose another name, or remove it: swcli env remove ${name}`,
  });

function lacking(there: Writable, { name, project, runtime }: Wanted): SwError {
  const words = `--writable${name && `=${name}`} local/project/${project}/runtime/${runtime}`;
  return new SwError(there.format === 0 ? "STORE_DAMAGED" : "PYTHON_NOT_FOUND", lackOf(there) ?? "", {
    hint: `What was installed into it is kept. Bring back what is missing, or make it anew without that: swcli runtime activate -f ${words}`,
  });
}

/** As it was when it can't be made: the Python that has gone may be the one that it needs. */
async function makeAnew(ctx: Ctx, { name }: Writable, wanted: Wanted): Promise<Writable> {
  const prefix = writablePrefix(ctx, name);
  const pids = (await usersOf(ctx, prefix)) ?? [];
  if (pids.length > 0) throw inUse(name, pids);
  const record = (await readTextIfAny(writableRecord(ctx, name))) ?? "";
  const old = `${prefix}.old`;
  await removeTree(old);
  await removeFile(writableRecord(ctx, name));
  await rename(prefix, old);
  const made = await makeWritable(ctx, name, wanted).catch(async (e) => {
    await rename(old, prefix);
    await writeFileAtomic(writableRecord(ctx, name), record);
    throw e;
  });
  await removeTree(old);
  return made;
}

const inUse = (name: string, pids: readonly number[]) =>
  new SwError("IN_USE", `${name} is in use by process ${pids.join(", ")}`, {
    hint: "Leave it and end what uses it, or choose another name.",
    detail: { pids },
  });

async function makeWritable(ctx: Ctx, name: string, { version, project, runtime, owner }: Wanted): Promise<Writable> {
  const prefix = writablePrefix(ctx, name);
  const lease = await acquireLease(ctx, { name: `writable-${name}`, prefix, digests: [] });
  try {
    await removeTree(prefix);
    await mkdir(writableFolder(ctx), { recursive: true });
    const { mode } = await fill(ctx, prefix, version);
    await writeFile(writableSign(prefix), `${name}\n`);
    const facts = { format: WRITABLE_FORMAT, name, prefix, mode, project, runtime, version: version.id, owner };
    const record: Writable = { ...facts, created_at: ctx.clock.now() };
    await writeWritable(ctx, record);
    return record;
  } catch (e) {
    await removeTree(prefix);
    throw e;
  } finally {
    await dropLease(ctx, lease);
  }
}

async function fill(ctx: Ctx, prefix: string, version: Version): Promise<Pick<Writable, "mode">> {
  const made = await makeAt(ctx, version, prefix);
  await unlinkTexts(prefix);
  placeSmallPip(prefix, made.version);
  await mkdir(`${prefix}/.swcli`, { recursive: true });
  return made;
}
