/**
 * Folders whose file may activate a runtime on `cd`: `<store>/allow<path of the file>/@/` holds the content that was allowed
 * and the URI that it names. Other content is not allowed. Tests: test/e2e/cd.test.ts
 */
import { mkdir } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { ALLOWED_MARK, FOLDER_FILES } from "#core/env/activation/cd-script.ts";
import { SwError } from "#core/errors.ts";
import { readTextIfAny, removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";

export interface FolderFile {
  /** Absolute, as the shell spells its folder. */
  path: string;
  text: string;
}

const folderOf = (ctx: Ctx, path: string) => `${ctx.paths.store}/allow${path}/${ALLOWED_MARK}`;

/** The file of a folder that names a runtime. @throws FILE_NOT_FOUND */
export async function folderFile(folder: string): Promise<FolderFile> {
  for (const name of FOLDER_FILES) {
    const path = `${folder === "/" ? "" : folder}/${name}`;
    const text = await readTextIfAny(path);
    if (text !== undefined) return { path, text };
  }
  throw new SwError("FILE_NOT_FOUND", `no ${FOLDER_FILES.join(" or ")} in ${folder}`, {
    hint: "Write the runtime's URI into .swrt-runtime.",
  });
}

export async function allow(ctx: Ctx, { path, text }: FolderFile, uri: string): Promise<void> {
  const folder = folderOf(ctx, path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFileAtomic(`${folder}/content`, text, { mode: 0o600 });
  await writeFileAtomic(`${folder}/uri`, `${uri}\n`, { mode: 0o600 });
}

export const disallow = async (ctx: Ctx, path: string): Promise<void> => await removeTree(folderOf(ctx, path));
