/**
 * Folders whose file may activate a runtime on `cd`: `<store>/allow<path of the file>/@/` holds the content that was allowed
 * and the URI that it names. Other content is not allowed. Tests: test/e2e/cd.test.ts
 */
import { mkdir } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { ALLOWED_MARK, FOLDER_FILES } from "#core/env/activation/cd-script.ts";
import { SwError } from "#core/errors.ts";
import { isFile } from "#core/platform/folder.ts";
import { readTextIfAny, removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";

export interface FolderFile {
  /** Absolute, as the shell spells its folder. */
  path: string;
  text: string;
}

const folderOf = (ctx: Ctx, path: string) => `${ctx.paths.store}/allow${path}/${ALLOWED_MARK}`;

/** The file that names a runtime in a folder or, where there is none, in the nearest one above. @throws FILE_NOT_FOUND */
export async function folderFile(folder: string): Promise<FolderFile> {
  for (const path of candidates(folder)) {
    const text = (await isFile(path)) ? await readTextIfAny(path) : undefined;
    if (text !== undefined) return { path, text };
  }
  throw noneThere(folder);
}

/** In the order in which a shell that goes there looks (cd-script.ts). */
function candidates(folder: string): string[] {
  const dir = folder === "/" ? "" : folder;
  const here = FOLDER_FILES.map((name) => `${dir}/${name}`);
  return dir === "" ? here : [...here, ...candidates(dir.slice(0, dir.lastIndexOf("/")))];
}

const noneThere = (folder: string) =>
  new SwError("FILE_NOT_FOUND", `no ${FOLDER_FILES.join(" or ")} in ${folder} or above it`, {
    hint: "Write the runtime's URI into .swrt-runtime.",
  });

export async function allow(ctx: Ctx, { path, text }: FolderFile, uri: string): Promise<void> {
  const folder = folderOf(ctx, path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFileAtomic(`${folder}/content`, text, { mode: 0o600 });
  await writeFileAtomic(`${folder}/uri`, `${uri}\n`, { mode: 0o600 });
}

export interface Disallowed {
  file: string;
  /** null: it had not been allowed. */
  uri: string | null;
}

/** The nearest file that is allowed or there, whatever it says now; what was allowed may be gone. @throws FILE_NOT_FOUND */
export async function disallow(ctx: Ctx, folder: string): Promise<Disallowed> {
  for (const file of candidates(folder)) {
    const allowed = folderOf(ctx, file);
    const uri = await readTextIfAny(`${allowed}/uri`);
    await removeTree(allowed);
    if (uri !== undefined || (await isFile(file))) return { file, uri: uri?.trimEnd() ?? null };
  }
  throw noneThere(folder);
}
