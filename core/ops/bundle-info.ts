/** `runtime info --bundle FILE`: what a package file holds, without bringing it in. Tests: test/e2e/bundle-info.test.ts */
import { createReadStream } from "node:fs";
import { isAbsolute } from "pathe";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { parseManifest } from "#core/manifest/parse-manifest.ts";
import { expandHome } from "#core/platform/paths.ts";
import { readPackage } from "#core/swrt/read-package.ts";

/** @throws FILE_NOT_FOUND, PACKAGE_INVALID */
export async function bundleInfo(ctx: Ctx, params: { file: string }) {
  const expanded = expandHome(ctx.env, params.file);
  const file = isAbsolute(expanded) ? expanded : `${ctx.cwd}/${expanded}`;
  try {
    const { manifestText, entries } = await readPackage(createReadStream(file), { file: digestOnly });
    const manifest = parseManifest(manifestText);
    return { file, version: manifest.version, manifest, entries };
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    throw new SwError("FILE_NOT_FOUND", `no file ${file}`, { cause: e });
  }
}

async function digestOnly(_path: string, body: AsyncIterable<Uint8Array>) {
  const hasher = new Bun.CryptoHasher("sha256");
  let size = 0;
  for await (const chunk of body) {
    hasher.update(chunk);
    size += chunk.length;
  }
  return { sha256: hasher.digest("hex"), size };
}
