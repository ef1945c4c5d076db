/**
 * Writes what hooked shells read: `<activation>/by-uri/<uri as typed>/@/` (texts: activation/hook-entry.ts).
 * A cache: an entry that is missing or no longer true costs the shell a question to us. Tests: test/e2e/hook.test.ts, test/e2e/hook-conda.test.ts
 */
import { link, mkdir, rename } from "node:fs/promises";
import { basename } from "pathe";
import type { Ctx } from "#core/context.ts";
import { condaInputs } from "#core/env/activation/conda-change.ts";
import { ENTRY_FILE, entryText, type HookEntry, isEntry } from "#core/env/activation/hook-entry.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import { fitsHook } from "#core/env/activation/plan-words.ts";
import { liveFolder } from "#core/env/live-shells.ts";
import { isSealed, sitePackages } from "#core/env/seen.ts";
import { errno } from "#core/errors.ts";
import { removeFile, removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { configPath } from "#core/platform/paths.ts";
import { fileTime, writeTwin } from "#core/platform/time-twin.ts";
import { foreignDir } from "#core/store/foreign.ts";
import { refPath } from "#core/store/refs.ts";

/** Taken before a URI is resolved, so that a change in between makes the entry stale, never wrong. */
export interface EntryDraft {
  folder: string;
  configTime: bigint | undefined;
}

/** undefined: no entry can be made for what was typed, or the Python client has a say in it. */
export async function draftEntry(
  ctx: Ctx,
  uri: string,
  { project, name }: { project: string; name: string },
): Promise<EntryDraft | undefined> {
  const foreign = foreignDir(ctx, project, name);
  if (!/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/.test(uri) || uri.includes("..") || fileTime(foreign) !== undefined) return;
  const folder = `${ctx.paths.activation}/by-uri/${uri}/@`;
  const ref = refPath(ctx, project, name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const linked = await linkOver(ref, `${folder}/ref`);
  return linked ? { folder, configTime: fileTime(configPath(ctx.env)) } : undefined;
}

/**
 * Forgets every entry: what a URI means has changed in a way that no ref shows (a project was removed).
 * Each shell asks once and gets a new one.
 */
export const dropEntries = async (ctx: Ctx): Promise<void> => await removeTree(`${ctx.paths.activation}/by-uri`);

/** False where the file has gone or the disk knows no hard links. */
async function linkOver(from: string, to: string): Promise<boolean> {
  const temp = `${to}.${process.pid}.tmp`;
  await removeFile(temp);
  try {
    await link(from, temp);
  } catch (e) {
    if (errno(e) === undefined) throw e;
    return false;
  }
  await rename(temp, to);
  // Renaming one name of a file over another of the same file does nothing.
  await removeFile(temp);
  return true;
}

/** The shell that asked, and where its scripts were rendered. */
interface Asker {
  readonly shell: "bash" | "zsh" | "fish";
  readonly rc: string;
}

/** Once the environment is settled; before, nobody knows its times. Of a conda runtime only for a shell. */
export async function writeEntry(ctx: Ctx, draft: EntryDraft, plan: ActivationPlan, asker?: Asker): Promise<void> {
  const { prefix, project, name, version } = plan;
  const env = basename(prefix);
  const python = /python(3\.\d+)\/site-packages$/.exec(sitePackages(prefix))?.[1];
  // The shell spells paths by the root that it knows.
  if (!isSealed(prefix) || !python || prefix !== `${ctx.paths.envs}/${env}`) return;
  if (!fitsHook(plan) && !(asker && (await writeConda(ctx, draft.folder, plan, asker)))) return;
  await mkdir(liveFolder(ctx, prefix), { recursive: true, mode: 0o700 });
  const { folder, configTime } = draft;
  if (configTime === undefined) await removeFile(`${folder}/config`);
  else await writeTwin(`${folder}/config`, configTime);
  const config = configTime === undefined ? "0" : "1";
  const entry: HookEntry = { project, name, version, env, python, config, conda: fitsHook(plan) ? "0" : "1" };
  if (!isEntry(entry)) return;
  await writeFileAtomic(`${folder}/${ENTRY_FILE}`, entryText(entry), { durable: false, mode: 0o600 });
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
