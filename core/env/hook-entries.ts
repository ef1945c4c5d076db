/**
 * Writes what hooked shells read: `<activation>/by-uri/<uri as typed>/@/` (texts: activation/hook-entry.ts).
 * A cache: an entry that is missing or no longer true costs the shell a question to us. Tests: test/e2e/hook.test.ts
 */
import { link, mkdir, rename } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { entryTexts } from "#core/env/activation/hook-entry.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import { fitsHook } from "#core/env/activation/plan-words.ts";
import { isSealed, sitePackages } from "#core/env/seen.ts";
import { errno } from "#core/errors.ts";
import { removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { configPath } from "#core/platform/paths.ts";
import { fileTime, writeTwin } from "#core/platform/time-twin.ts";
import { foreignDir } from "#core/store/foreign.ts";
import { refPath } from "#core/store/refs.ts";

/** Taken before a URI is resolved, so that a change in between makes the entry stale, never wrong. */
export interface EntryDraft {
  folder: string;
  ref: string;
  foreign: string;
  config: string;
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
  const config = configPath(ctx.env);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const linked = await linkOver(ref, `${folder}/ref`);
  return linked ? { folder, ref, foreign, config, configTime: fileTime(config) } : undefined;
}

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

/** Once the environment is settled; before, nobody knows its times. */
export async function writeEntry(ctx: Ctx, draft: EntryDraft, plan: ActivationPlan): Promise<void> {
  if (!fitsHook(plan) || !isSealed(plan.prefix)) return;
  const live = `${ctx.paths.activation}/live/${plan.prefix.slice(plan.prefix.lastIndexOf("/") + 1)}`;
  await mkdir(live, { recursive: true, mode: 0o700 });
  if (draft.configTime !== undefined) await writeTwin(`${draft.folder}/config`, draft.configTime);
  const { ref, foreign, config, configTime } = draft;
  const { prefix, name, uri } = plan;
  const site = sitePackages(prefix);
  const texts = entryTexts({
    ref,
    foreign,
    config,
    hasConfig: configTime !== undefined,
    site,
    prefix,
    name,
    uri,
    live,
  });
  for (const [file, text] of Object.entries(texts)) {
    await writeFileAtomic(`${draft.folder}/${file}`, text, { durable: false, mode: 0o600 });
  }
}
