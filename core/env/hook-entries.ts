/**
 * Writes what hooked shells read: `<activation>/by-uri/<uri as typed>/@/` (texts: activation/hook-entry.ts).
 * A cache: an entry that is missing or no longer true costs the shell a question to us. Tests: test/e2e/hook.test.ts, test/e2e/hook-conda.test.ts
 */
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { link, mkdir, rename } from "node:fs/promises";
import { basename } from "pathe";
import type { Ctx } from "#core/context.ts";
import { condaInputs } from "#core/env/activation/conda-change.ts";
import {
  configTwin,
  ENTRY_FILE,
  entryText,
  type HookEntry,
  isEntry,
  markerTwin,
  ODD_URI,
  refTwin,
} from "#core/env/activation/hook-entry.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import { fitsHook } from "#core/env/activation/plan-words.ts";
import { entriesFolder, noteBuild } from "#core/env/entries-folder.ts";
import { doorOf } from "#core/env/live-shells.ts";
import { markerPath } from "#core/env/marker.ts";
import { isSealed, sitePackages } from "#core/env/seen.ts";
import { errno } from "#core/errors.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny, removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { configPath } from "#core/platform/paths.ts";
import { fileTime, writeTwin } from "#core/platform/time-twin.ts";
import { foreignDir } from "#core/store/foreign.ts";
import { refPath } from "#core/store/refs.ts";

/** Taken before a URI is resolved, so that a change in between makes the entry stale, never wrong. */
export interface EntryDraft {
  folder: string;
  ref: string;
  /** Which file the ref was. */
  refId: string;
  configTime: bigint | undefined;
}

/** undefined: no entry can be made for what was typed, or the Python client has a say in it. */
export async function draftEntry(
  ctx: Ctx,
  uri: string,
  { project, name }: { project: string; name: string },
): Promise<EntryDraft | undefined> {
  const foreign = foreignDir(ctx, project, name);
  if (!/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/.test(uri) || new RegExp(ODD_URI).test(uri) || fileTime(foreign) !== undefined)
    return;
  const folder = `${entriesFolder(ctx)}/${uri}/@`;
  const ref = refPath(ctx, project, name);
  const refId = fileId(ref);
  if (refId === undefined) return;
  // Made now and not later: who forgets all entries meanwhile forgets this one too.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await noteBuild(ctx);
  return { folder, ref, refId, configTime: fileTime(configPath(ctx.env)) };
}

/** The number of a file that has gone is given to another one; not with the same time. */
function fileId(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino}-${found.mtimeNs}`;
}

/** A hard link to `path`, while that is the file that `id` says; false where it is another by now, or the disk knows no links. */
async function linkTwin(path: string, id: string, twin: string): Promise<boolean> {
  if (fileId(twin) === id) return true;
  const temp = `${twin}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await link(path, temp);
    if (fileId(temp) !== id) return false;
    await rename(temp, twin);
    return true;
  } finally {
    await removeFile(temp);
  }
}

/** The shell that asked, and where its scripts were rendered. */
interface Asker {
  readonly shell: "bash" | "zsh" | "fish";
  readonly rc: string;
}

/**
 * Once the environment is settled; before, nobody knows its times. Of a conda runtime only for a shell.
 * What the disk refuses (a folder that was forgotten just now, a root that is read-only) is left: it costs a question.
 */
export async function writeEntry(ctx: Ctx, draft: EntryDraft, plan: ActivationPlan, asker?: Asker): Promise<void> {
  try {
    await writeParts(ctx, draft, plan, asker);
  } catch (e) {
    if (errno(e) === undefined) throw e;
  }
}

async function writeParts(ctx: Ctx, draft: EntryDraft, plan: ActivationPlan, asker?: Asker): Promise<void> {
  const { prefix, project, name, version } = plan;
  const { folder, ref } = draft;
  const env = basename(prefix);
  const python = /python(3\.\d+)\/site-packages$/.exec(sitePackages(prefix))?.[1];
  const marker = await markerOf(ctx, prefix);
  // The shell spells paths by the root that it knows.
  if (!isSealed(prefix) || !python || !marker || prefix !== `${ctx.paths.envs}/${env}`) return;
  const config = String(draft.configTime ?? 0);
  const conda = fitsHook(plan) ? "0" : "1";
  const entry: HookEntry = { project, name, version, env, python, ref: draft.refId, marker: marker.id, config, conda };
  if (!isEntry(entry)) return;
  // First what makes no folder: who forgets all entries meanwhile forgets this one too.
  const twins = [refTwin(entry.ref), markerTwin(entry.marker)];
  if (!(await linkTwin(ref, entry.ref, `${folder}/${refTwin(entry.ref)}`))) return;
  if (!(await linkTwin(marker.path, entry.marker, `${folder}/${markerTwin(entry.marker)}`))) return;
  if (!fitsHook(plan) && !(asker && (await writeConda(ctx, folder, plan, asker)))) return;
  await mkdir(doorOf(ctx, prefix), { recursive: true, mode: 0o700 });
  await publish(draft, entry, twins);
}

/** Which file the marker of an environment is; undefined when it speaks of another prefix. */
async function markerOf(ctx: Ctx, prefix: string): Promise<{ path: string; id: string } | undefined> {
  const path = markerPath(ctx, basename(prefix).replace(/-\d+$/, ""));
  const id = fileId(path);
  const text = await readTextIfAny(path);
  return id !== undefined && text?.includes(JSON.stringify(prefix)) ? { path, id } : undefined;
}

/** The twins that it names are there before it; what others left goes after it. */
async function publish({ folder, configTime }: EntryDraft, entry: HookEntry, linked: string[]): Promise<void> {
  const twins = configTime === undefined ? linked : [...linked, configTwin(entry.config)];
  if (configTime !== undefined) await writeTwin(`${folder}/${configTwin(entry.config)}`, configTime);
  const before = (await namesIn(folder)).filter((name) => /^(ref|env|config|on\d)/.test(name));
  await writeFileAtomic(`${folder}/${ENTRY_FILE}`, entryText(entry), { durable: false, mode: 0o600 });
  for (const name of before) if (name !== ENTRY_FILE && !twins.includes(name)) await removeFile(`${folder}/${name}`);
}

/** The list before the twins: a shell that reads in between finds old twins, and asks. False where there can be none. */
async function writeConda(ctx: Ctx, folder: string, plan: ActivationPlan, { shell, rc }: Asker): Promise<boolean> {
  if (plan.mode !== "conda") return false;
  const inputs = [...((await condaInputs(ctx, plan.prefix)) ?? [])];
  const lines = [rc, ...inputs.map(([path]) => path)];
  if (inputs.length === 0 || lines.some((line) => line.includes("\n"))) return false;
  const text = `${lines.join("\n")}\n`;
  await writeFileAtomic(`${folder}/conda.${shell}`, text, { durable: false, mode: 0o600 });
  for (const [i, [, time]] of inputs.entries()) {
    const twin = `${folder}/in.${shell}/${i}`;
    if (time === undefined) await removeFile(twin);
    else await writeTwin(twin, time);
  }
  return true;
}
