/**
 * Puts back what a verification found: from the store's blobs where they hold the bytes, else from the packages made once
 * more in a scratch folder. Nothing is believed without its digest: the engines do not check their caches, and a changed
 * file that was a hard link has changed there too. Such a package is fetched anew, and dropped from the cache.
 * Tests: test/e2e/drift.test.ts, test/e2e/drift-conda.test.ts
 */
import { chmod, mkdir, rmdir, symlink } from "node:fs/promises";
import { dirname } from "pathe";
import { forgetPackages } from "#core/conda/package-cache.ts";
import { isOffline } from "#core/config/offline.ts";
import type { Ctx } from "#core/context.ts";
import { runUv } from "#core/engines/uv.ts";
import { compileFile } from "#core/env/bytecode.ts";
import type { Marker } from "#core/env/marker.ts";
import { hasSame, modeOf, putBack, takeFrom } from "#core/env/put-back.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { isFolder, type RecordedFile, readRecord } from "#core/env/record.ts";
import { condaRecords, holdsPackage, type Only, type Remake, remakeAnew, remakeFromCaches } from "#core/env/remake.ts";
import type { Difference } from "#core/env/verify.ts";
import { errno } from "#core/errors.ts";
import { normalizeName } from "#core/lock/wheel-name.ts";
import { removeFile, removeTree } from "#core/platform/fs-atomic.ts";
import { amount } from "#core/report.ts";
import { blobPath, ingestPath } from "#core/store/blobs.ts";

export interface Repair {
  readonly marker: Marker;
  /** undefined when no runtime has this environment any more. */
  readonly recipe: Recipe | undefined;
  readonly differences: readonly Difference[];
}

export interface Repaired {
  /** Paths that are right again. */
  readonly done: ReadonlySet<string>;
  /** Paths that a package fetched anew has just as they are: its own list of files is wrong. */
  readonly genuine: ReadonlySet<string>;
}

/** @throws SwError CANCELLED, DISK_FULL */
export async function repair(ctx: Ctx, { marker, recipe, differences }: Repair): Promise<Repaired> {
  const done = new Set<string>();
  const genuine = new Set<string>();
  const left: Difference[] = [];
  for (const one of inOrder(differences)) {
    if (await repairAlone(ctx, marker.prefix, one)) done.add(one.path);
    else left.push(one);
  }
  const wanted = left.filter(({ path }) => !path.endsWith(".pyc"));
  if (wanted.length > 0 && recipe) await repairFromPackages(ctx, { marker, recipe, wanted, done, genuine });
  // Last, when the sources are right again.
  for (const { path } of left) {
    if (path.endsWith(".pyc") && (await compileFile(ctx, marker.prefix, path))) done.add(path);
  }
  return { done, genuine };
}

/** What was added goes first, from the inside out: it may stand where something else has to be. */
function inOrder(differences: readonly Difference[]): Difference[] {
  const isAdded = ({ what }: Difference) => what === "added";
  const added = differences.filter(isAdded).toSorted((a, b) => b.path.length - a.path.length);
  return [...added, ...differences.filter((one) => !isAdded(one))];
}

/** What needs no engine: additions go; folders, links, permissions and the store's own bytes come back. */
async function repairAlone(ctx: Ctx, prefix: string, { path, what, was, is }: Difference): Promise<boolean> {
  const target = `${prefix}/${path}`;
  if (what === "added") return await takeAway(target, is);
  if (!was || (is && isFolder(is) !== isFolder(was) && !(await takeAway(target, is)))) return false;
  if (isFolder(was)) {
    await mkdir(target, { recursive: true });
    return true;
  }
  if (was.sha256.startsWith("link:")) {
    await removeFile(target);
    await mkdir(dirname(target), { recursive: true });
    await symlink(was.sha256.slice("link:".length), target);
    return true;
  }
  if (is?.sha256 === was.sha256) {
    await chmod(target, modeOf(was));
    return true;
  }
  return await putBack(blobPath(ctx, was.sha256), target, was);
}

async function takeAway(target: string, is: RecordedFile | undefined): Promise<boolean> {
  if (!is || !isFolder(is)) {
    await removeFile(target);
    return true;
  }
  try {
    await rmdir(target);
    return true;
  } catch (e) {
    if (errno(e) !== "ENOTEMPTY") throw e;
    return false;
  }
}

interface Job {
  readonly marker: Marker;
  readonly recipe: Recipe;
  readonly wanted: readonly Difference[];
  readonly done: Set<string>;
  readonly genuine: Set<string>;
}

/**
 * First as the caches have them; of what is not right then the packages are unpacked anew, those that the store holds
 * without network too.
 */
async function repairFromPackages(ctx: Ctx, job: Job): Promise<void> {
  const { wanted, done, recipe } = job;
  ctx.report.progress({ step: "repair", text: `Repairing ${amount(wanted.length, "file")}` });
  await withScratch(ctx, job, async (remake) => {
    if (await remakeFromCaches(ctx, remake)) await takeAll(job, remake.scratch, wanted);
  });
  const left = wanted.filter(({ path, owner }) => owner && !done.has(path));
  const isHere = ({ owner }: Difference) => holdsPackage(recipe, owner);
  await repairAnew(ctx, job, left.filter(isHere));
  const away = left.filter((one) => !isHere(one));
  if (away.length === 0 || isOffline(ctx.env)) return;
  const { pip, conda } = ownersOf(away);
  ctx.report.progress({ step: "fetch", text: `Fetching ${[...pip, ...conda].join(", ")} anew` });
  await repairAnew(ctx, job, away);
}

async function repairAnew(ctx: Ctx, job: Job, left: readonly Difference[]): Promise<void> {
  if (left.length === 0) return;
  await withScratch(ctx, job, async (remake) => {
    if (!(await remakeAnew(ctx, remake, ownersOf(left)))) return;
    for (const { path, is } of await takeAll(job, remake.scratch, left))
      if (is && (await hasSame(`${remake.scratch}/${path}`, is))) job.genuine.add(path);
    await dropFromCaches(ctx, job, ownersOf(left.filter(({ path }) => job.done.has(path))));
  });
}

async function withScratch(ctx: Ctx, job: Job, work: (remake: Remake) => Promise<void>): Promise<void> {
  const scratch = await ingestPath(ctx);
  try {
    await work({ marker: job.marker, recipe: job.recipe, scratch });
  } finally {
    await removeTree(scratch);
    await removeTree(`${scratch}.cache`);
  }
}

function ownersOf(differences: readonly Difference[]): Only {
  const names = (by: string) =>
    differences.flatMap(({ owner }) => (owner?.by === by ? (owner.distribution.split(" ")[0] ?? "") : []));
  return { pip: new Set(names("pip").map(normalizeName)), conda: new Set(names("conda")) };
}

/** The caches gave other bytes than the packages hold. */
async function dropFromCaches(ctx: Ctx, { recipe }: Job, { pip, conda }: Only): Promise<void> {
  if (pip.size > 0) await runUv(ctx, ["cache", "clean", "--quiet", "--force", ...pip]);
  if (conda.size > 0)
    await forgetPackages(
      ctx,
      (await condaRecords(ctx, recipe)).filter(({ name }) => conda.has(name)),
    );
}

/** @returns the differences that are left */
async function takeAll(job: Job, scratch: string, wanted: readonly Difference[]): Promise<Difference[]> {
  const { prefix } = job.marker;
  const record = new Map((await readRecord(prefix))?.map((file) => [file.path, file]));
  const left: Difference[] = [];
  for (const one of wanted) {
    if (one.was && (await takeFrom({ scratch, prefix, record }, one.was))) job.done.add(one.path);
    else left.push(one);
  }
  return left;
}
