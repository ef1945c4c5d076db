/** `runtime allow`: lets a folder's file, with the content that it has now, activate its runtime on `cd`. Tests: test/e2e/cd.test.ts */
import type { Ctx } from "#core/context.ts";
import { allow, type Disallowed, disallow, type FolderFile, folderFile } from "#core/env/allowed.ts";
import { SwError } from "#core/errors.ts";
import { readSpec } from "#core/manifest/read-spec.ts";
import { localTarget } from "#core/ops/target.ts";

export interface AllowParams {
  /** Absolute, as the shell spells it. */
  folder: string;
  remove: boolean;
}

export interface Allowed extends Disallowed {
  allowed: boolean;
}

/** @throws FILE_NOT_FOUND and, unless it is to be removed, URI_INVALID and what reading a runtime.yaml throws */
export async function allowFolder(ctx: Ctx, { folder, remove }: AllowParams): Promise<Allowed> {
  if (remove) return { ...(await disallow(ctx, folder)), allowed: false };
  const file = await folderFile(folder);
  const uri = await uriOf(ctx, file);
  await localTarget(ctx, uri);
  await allow(ctx, file, uri);
  return { file: file.path, uri, allowed: true };
}

async function uriOf(ctx: Ctx, { path, text }: FolderFile): Promise<string> {
  if (path.endsWith("/runtime.yaml")) return (await readSpec(ctx, path)).name;
  const lines = text.split("\n").map((line) => line.trim());
  const [uri, ...more] = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (uri !== undefined && more.length === 0) return uri;
  throw new SwError("URI_INVALID", `${path} must hold one line: the URI of a runtime`);
}
