/** `runtime import FILE.swrt`: a package file becomes a local runtime under its own version. Tests: test/e2e/import.test.ts */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "pathe";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { ingestPackage } from "#core/ops/ingest-package.ts";
import { checkRuntimeName, packageName } from "#core/ops/package-name.ts";
import { localProject, localUri } from "#core/ops/target.ts";
import { expandHome } from "#core/platform/paths.ts";
import { inFile } from "#core/swrt/package-error.ts";

export interface ImportParams {
  file: string;
  name?: string;
  project?: string;
  force: boolean;
}

/** @throws FILE_NOT_FOUND, PACKAGE_INVALID, EXISTS; nothing is published then */
export async function importPackage(ctx: Ctx, params: ImportParams) {
  const file = resolve(ctx.cwd, expandHome(ctx.env, params.file));
  if (params.name) checkRuntimeName(params.name);
  const project = await localProject(ctx, params.project);
  await requireFile(file);
  ctx.report.progress({ step: "import", text: `Checking ${file}` });
  const made = await ingestPackage(ctx, {
    source: createReadStream(file, { highWaterMark: 1 << 18 }),
    project,
    name: params.name || (({ version }) => packageName(ctx, version, file)),
    force: params.force,
  }).catch((e: unknown) => {
    throw inFile(e, file);
  });
  for (const line of made.published.said) ctx.report.warn(line);
  return {
    file,
    name: made.name,
    project,
    version: made.version.id,
    uri: localUri(project, made.name, made.version.id),
    tags: made.published.tags,
    unchanged: made.published.unchanged,
    carried: made.carried,
  };
}

async function requireFile(file: string): Promise<void> {
  try {
    if ((await stat(file)).isFile()) return;
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    throw new SwError("FILE_NOT_FOUND", `no file ${file}`, { cause: e });
  }
  throw new SwError("USAGE", `${file} is not a file`, { hint: "Name a package file (.swrt)." });
}
