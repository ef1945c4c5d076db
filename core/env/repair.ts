/**
 * Puts back what a verification found: from the store's blobs where they hold the bytes, else from the distribution made
 * once more in a scratch environment. Nothing is believed without its digest: uv does not check its cache, and a changed
 * file that was a hard link has changed there too; a damaged entry is dropped and fetched again. Tests: test/e2e/drift.test.ts
 */
import { copyFile, mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { dirname } from "pathe";
import { indexSettings, NO_EXPLICIT_INDEX } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { runUv } from "#core/engines/uv.ts";
import { compileFile } from "#core/env/bytecode.ts";
import { hashFile } from "#core/env/hash-file.ts";
import { movedText } from "#core/env/moved-text.ts";
import { type RecordedFile, readRecord } from "#core/env/record.ts";
import type { Difference } from "#core/env/verify.ts";
import { errno } from "#core/errors.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { removeFile, removeTree } from "#core/platform/fs-atomic.ts";
import { setFileTime } from "#core/platform/libc.ts";
import { blobPath, ingestPath } from "#core/store/blobs.ts";

export interface Repair {
  prefix: string;
  /** The base interpreter. */
  python: string;
  differences: readonly Difference[];
}

/** @returns the paths that are right again */
export async function repair(ctx: Ctx, { prefix, python, differences }: Repair): Promise<Set<string>> {
  const done = new Set<string>();
  const left: Difference[] = [];
  for (const one of differences) {
    if (await repairAlone(ctx, prefix, one)) done.add(one.path);
    else left.push(one);
  }
  const record = new Map((await readRecord(prefix))?.map((file) => [file.path, file]));
  for (const group of byDistribution(left)) {
    for (const path of await repairDistribution(ctx, { prefix, python, record, ...group })) done.add(path);
  }
  // Last, when the sources are right again.
  for (const one of left.filter(({ path }) => path.endsWith(".pyc"))) {
    if (await compileFile(ctx, prefix, one.path)) done.add(one.path);
  }
  return done;
}

/** What needs no engine: additions go, links and the store's own bytes come back. */
async function repairAlone(ctx: Ctx, prefix: string, { path, what, was }: Difference): Promise<boolean> {
  const target = `${prefix}/${path}`;
  if (what === "added") {
    await removeFile(target);
    return true;
  }
  if (!was) return false;
  if (was.sha256.startsWith("link:")) {
    await removeFile(target);
    await mkdir(dirname(target), { recursive: true });
    await symlink(was.sha256.slice("link:".length), target);
    return true;
  }
  return await putBack(blobPath(ctx, was.sha256), target, was);
}

/** Only bytes of the recorded digest; the mode of an executable is kept by its source. */
async function putBack(source: string, target: string, was: RecordedFile): Promise<boolean> {
  const temp = `${target}.swcli-${process.pid}.tmp`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await copyFile(source, temp);
    if ((await hashFile(temp, was.size)) !== was.sha256) return false;
    setFileTime(temp, BigInt(was.time));
    await rename(temp, target);
    return true;
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return false;
  } finally {
    await removeFile(temp);
  }
}

interface Group {
  /** As `readOwners` names it: "six 1.17.0". */
  distribution: string;
  files: Difference[];
}

function byDistribution(differences: readonly Difference[]): Group[] {
  const groups = new Map<string, Difference[]>();
  for (const one of differences) {
    if (one.distribution === "" || one.path.endsWith(".pyc")) continue;
    groups.set(one.distribution, [...(groups.get(one.distribution) ?? []), one]);
  }
  return [...groups].map(([distribution, files]) => ({ distribution, files }));
}

type Job = Group & { prefix: string; python: string; record: ReadonlyMap<string, RecordedFile> };

/** First as the cache has it, without network; what is not right then is fetched anew. */
async function repairDistribution(ctx: Ctx, job: Job): Promise<string[]> {
  const [name = "", version = ""] = job.distribution.split(" ");
  ctx.report.progress({ step: "repair", text: `Repairing ${name} ${version}` });
  const done = await repairFrom(ctx, job, { spec: `${name}==${version}`, offline: true });
  const left = job.files.filter(({ path }) => !done.includes(path));
  if (left.length === 0 || ctx.env.UV_OFFLINE) return done;
  await runUv(ctx, ["cache", "clean", "--quiet", "--force", name.replaceAll("_", "-")]);
  return [
    ...done,
    ...(await repairFrom(ctx, { ...job, files: left }, { spec: `${name}==${version}`, offline: false })),
  ];
}

async function repairFrom(ctx: Ctx, job: Job, how: { spec: string; offline: boolean }): Promise<string[]> {
  const scratch = await ingestPath(ctx);
  try {
    if (!(await installInto(ctx, scratch, job.python, how))) return [];
    const done: string[] = [];
    for (const { path, was } of job.files) {
      if (was && (await takeFrom(scratch, job, was))) done.push(path);
    }
    return done;
  } finally {
    await removeTree(scratch);
  }
}

async function installInto(ctx: Ctx, scratch: string, python: string, how: { spec: string; offline: boolean }) {
  const made = await runUv(ctx, ["venv", "--quiet", "--no-project", "--python", python, scratch]);
  if (made.exitCode !== 0) return false;
  const index = await indexSettings(ctx, NO_EXPLICIT_INDEX);
  const target = ["--python", `${scratch}/bin/python`, "--no-deps", ...(how.offline ? ["--offline"] : []), how.spec];
  const result = await runUv(ctx, ["pip", "install", "--quiet", ...index.args, ...target], { env: index.env });
  return result.exitCode === 0;
}

async function takeFrom(scratch: string, job: Job, was: RecordedFile): Promise<boolean> {
  const { prefix, record } = job;
  const source = `${scratch}/${was.path}`;
  if (await putBack(source, `${prefix}/${was.path}`, was)) return true;
  const text = await readFile(source, "utf8").catch(() => "");
  const moved = movedText(was.path, text, { from: scratch, to: prefix, record });
  if (moved === undefined || sha256Hex(moved) !== was.sha256) return false;
  // A copy first, for the mode.
  const rewritten = `${scratch}/.rewritten`;
  await copyFile(source, rewritten);
  await writeFile(rewritten, moved);
  return await putBack(rewritten, `${prefix}/${was.path}`, was);
}
