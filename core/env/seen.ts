/**
 * What an environment looked like when it was settled, for the cheap look at each activation: the times of its
 * interpreter and of the folders that every install touches, as twins in `<prefix>/.swcli/seen/`.
 * Edits inside files are not seen here, see core/env/record.ts. Tests: test/e2e/drift.test.ts
 */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { SEEN_FOLDER, seenPaths } from "#core/env/activation/hook-entry.ts";
import { protectOwn, unprotect } from "#core/env/protect.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { fileTime, isTwin, writeTwin } from "#core/platform/time-twin.ts";

const twinPath = (prefix: string, twin: string) => `${prefix}/${SEEN_FOLDER}/${twin}`;

/** `<prefix>/lib/python3.X/site-packages`; a conda environment may be without Python. */
export function sitePackages(prefix: string): string {
  const names = existsSync(`${prefix}/lib`) ? readdirSync(`${prefix}/lib`) : [];
  const version = names.find((name) => /^python3\.\d+$/.test(name)) ?? "python3";
  return `${prefix}/lib/${version}/site-packages`;
}

export const isSealed = (prefix: string): boolean => existsSync(twinPath(prefix, "site"));

/** There while something is wrong in it: who is killed at putting it right leaves the sign. */
const damagePath = (prefix: string) => `${prefix}/.swcli/damaged`;
export const isDamaged = (prefix: string): boolean => existsSync(damagePath(prefix));

/** Modules beside the packages put their bytecode here when root imports them: the folder around it stays as it is then. */
export async function prepareSeen(prefix: string): Promise<void> {
  const site = sitePackages(prefix);
  if (existsSync(site)) await mkdir(`${site}/__pycache__`, { recursive: true });
}

/**
 * Closes our own folder; until then it must be writable. `site` comes last: it is the sign that all are there.
 * @param damaged something is wrong in it: each activation says so
 */
export async function writeSeen(prefix: string, { damaged }: { damaged: boolean }): Promise<void> {
  if (!damaged) await removeFile(damagePath(prefix));
  for (const [twin, path] of Object.entries(seenPaths(prefix, sitePackages(prefix)))) {
    const time = fileTime(path);
    if (time !== undefined) await writeTwin(twinPath(prefix, twin), damaged && twin === "site" ? 0n : time);
  }
  await protectOwn(prefix);
}

/** Nobody enters it without asking until it is seen again. */
export async function unseal(prefix: string): Promise<void> {
  if (!isSealed(prefix)) return;
  await unprotect(prefix);
  await removeFile(twinPath(prefix, "site"));
}

/** As `unseal`, to put right what is wrong in it. */
export async function openForRepair(prefix: string): Promise<void> {
  await unprotect(prefix);
  await writeFile(damagePath(prefix), "");
  await unseal(prefix);
}

/** Names of what has changed since; a few µs. */
export function changedSince(prefix: string): string[] {
  const paths = Object.entries(seenPaths(prefix, sitePackages(prefix)));
  return paths.flatMap(([twin, path]) => (isTwin(path, twinPath(prefix, twin)) ? [] : [path]));
}

/** What each activation looks at: six stats. One that is not settled yet has nothing to compare with. */
export function driftWarning(
  ctx: Pick<Ctx, "memo">,
  { key, prefix }: { key: string; prefix: string },
): string | undefined {
  const see = `see: swcli env verify ${key.slice(0, 12)}`;
  if (!isSealed(prefix))
    return isDamaged(prefix) ? `the repair of this environment has not come to its end; ${see} --fix` : undefined;
  const site = ctx.memo.get<string>(`site:${prefix}`) ?? sitePackages(prefix);
  ctx.memo.set(`site:${prefix}`, site);
  const changed = Object.entries(seenPaths(prefix, site)).filter(
    ([twin, path]) => !isTwin(path, twinPath(prefix, twin)),
  );
  if (changed.length === 0) return undefined;
  const names = changed.map(([, path]) => path.slice(prefix.length + 1)).join(", ");
  return `this environment was changed since it was made (${names}); ${see} [--fix]`;
}
