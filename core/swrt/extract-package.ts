/**
 * Writes a package into a folder: files by copy, modes and links as packed, `_manifest.yaml` last as the sign that it is
 * whole. Owns what lies in the target while it works; who may be overwritten is the caller's question.
 * Tests: test/unit/core/swrt/extract-package.test.ts
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, copyFile, mkdir, readdir, realpath, rename, rmdir, stat, symlink } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { errno, SwError, throwIfAborted } from "#core/errors.ts";
import { removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { memberInvalid } from "#core/swrt/package-error.ts";
import { canonicalTree, MANIFEST_NAME, type TreeEntry } from "#core/swrt/package-tree.ts";
import type { PackageContent } from "#core/swrt/read-package.ts";

export interface ExtractTarget {
  /** Absent or an empty folder; made with its parents. */
  readonly dir: string;
  /** Where the content with this digest lies. */
  blobPath(sha256: string): string;
}

const TEMP_PREFIX = ".swcli-extract-";

/**
 * Extracts into an absent or empty folder; when it fails or is cancelled, the folder is as it was.
 * The files are copies: changing them changes nothing in the store.
 * @throws SwError EXISTS when the folder holds anything, PACKAGE_INVALID when the entries are unsafe or the disk can't
 * tell two of their names apart, STORE_DAMAGED when a content is gone, CANCELLED.
 */
export async function extractTree(
  ctx: Pick<Ctx, "signal">,
  content: PackageContent,
  target: ExtractTarget,
): Promise<void> {
  const entries = canonicalTree(content.entries);
  const made = await mkdir(target.dir, { recursive: true });
  // Links on the way to the target are the person's; below it there are none but ours.
  const dir = await realpath(target.dir);
  const temp = `${dir}/${TEMP_PREFIX}${randomBytes(6).toString("hex")}`;
  const moved: string[] = [];
  try {
    await mkdir(temp, { mode: 0o700 });
    await expectEmpty(dir, temp);
    await fill(ctx, temp, { entries, blobPath: target.blobPath });
    await moveInto(temp, dir, moved);
    await setFolderModes(dir, entries);
    await writeFileAtomic(`${dir}/${MANIFEST_NAME}`, content.manifestText);
  } catch (e) {
    for (const name of moved) await removeTree(`${dir}/${name}`);
    await removeTree(temp);
    if (made !== undefined) await removeIfEmpty(dir);
    throw e;
  }
}

/** Not empty: another extraction has won the folder meanwhile. */
async function removeIfEmpty(dir: string): Promise<void> {
  try {
    await rmdir(dir);
  } catch (e) {
    if (errno(e) !== "ENOTEMPTY" && errno(e) !== "EEXIST" && errno(e) !== "ENOENT") throw e;
  }
}

/** Asked after our own folder is there, so that of two extractions at once at most one goes on. */
async function expectEmpty(dir: string, temp: string): Promise<void> {
  const others = (await readdir(dir)).filter((name) => `${dir}/${name}` !== temp);
  if (others.length === 0) return;
  const unfinished = others.find((name) => name.startsWith(TEMP_PREFIX));
  throw new SwError("EXISTS", `${dir} is not empty`, {
    hint:
      unfinished &&
      `${unfinished} is left from an extraction that was interrupted or still runs; remove it if none does.`,
    detail: { dir },
  });
}

interface Filling {
  readonly entries: readonly TreeEntry[];
  blobPath(sha256: string): string;
}

/** Parents come before children in canonical order, links after everything, so nothing is ever written through one. */
async function fill(ctx: Pick<Ctx, "signal">, temp: string, filling: Filling): Promise<void> {
  const of = (type: TreeEntry["type"]) => filling.entries.filter((entry) => entry.type === type);
  for (const entry of of("dir")) await distinct(entry, () => mkdir(`${temp}/${entry.path}`));
  for (const entry of of("file")) {
    throwIfAborted(ctx.signal);
    await distinct(entry, () => writeCopy(entry, filling.blobPath(entry.sha256 ?? ""), `${temp}/${entry.path}`));
  }
  for (const entry of of("symlink")) await distinct(entry, () => symlink(entry.link ?? "", `${temp}/${entry.path}`));
}

/** Only now, since a read-only folder can't be moved; innermost first, since a closed one hides what is below. */
async function setFolderModes(dir: string, entries: readonly TreeEntry[]): Promise<void> {
  const folders = entries.filter((entry) => entry.type === "dir").reverse();
  for (const entry of folders) await chmod(`${dir}/${entry.path}`, entry.mode & 0o777);
}

/** macOS folds case and accents: two members may then be one file. */
async function distinct(entry: TreeEntry, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (e) {
    if (errno(e) !== "EEXIST") throw e;
    throw memberInvalid(entry.path, "has the same name as another member on this file system");
  }
}

async function writeCopy(entry: TreeEntry, from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    throw lostContent(entry, e);
  }
  if ((await stat(to)).size !== entry.size) throw lostContent(entry, undefined);
  await chmod(to, entry.mode & 0o777);
}

const lostContent = (entry: TreeEntry, cause: unknown) =>
  new SwError("STORE_DAMAGED", `the store has lost the content of ${entry.path} (sha256:${entry.sha256})`, {
    hint: "Run `swcli doctor --store` to see what else is damaged; building or copying the runtime again restores it.",
    cause,
  });

async function moveInto(temp: string, dir: string, moved: string[]): Promise<void> {
  for (const name of await readdir(temp)) {
    await rename(`${temp}/${name}`, `${dir}/${name}`);
    moved.push(name);
  }
  await rmdir(temp);
}
