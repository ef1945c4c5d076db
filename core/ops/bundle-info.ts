/** `runtime info --bundle FILE`: what a package file holds, without bringing it in. Tests: test/e2e/bundle-info.test.ts */
import { createReadStream } from "node:fs";
import { isAbsolute } from "pathe";
import { parseIndex } from "#core/bundle/bundle-index.ts";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { parseManifest } from "#core/manifest/parse-manifest.ts";
import { expandHome } from "#core/platform/paths.ts";
import { BUNDLE_INDEX } from "#core/swrt/bundle-part.ts";
import { inFile } from "#core/swrt/package-error.ts";
import { readPackage } from "#core/swrt/read-package.ts";

/** @throws FILE_NOT_FOUND, PACKAGE_INVALID */
export async function bundleInfo(ctx: Ctx, params: { file: string }) {
  const expanded = expandHome(ctx.env, params.file);
  const file = isAbsolute(expanded) ? expanded : `${ctx.cwd}/${expanded}`;
  try {
    const index: Uint8Array[] = [];
    const { manifestText, entries } = await readPackage(createReadStream(file), {
      file: async (path, body) => await digestOnly(path === BUNDLE_INDEX ? kept(body, index) : body),
    });
    const manifest = parseManifest(manifestText);
    const carried = index.length > 0 ? parseIndex(Buffer.concat(index).toString()) : undefined;
    const facts = { platforms: carried?.platforms ?? [], carried: carried?.files.length ?? 0 };
    return { file, version: manifest.version, ...facts, manifest, entries };
  } catch (e) {
    if (errno(e) !== "ENOENT") throw inFile(e, file);
    throw new SwError("FILE_NOT_FOUND", `no file ${file}`, { cause: e });
  }
}

async function* kept(body: AsyncIterable<Uint8Array>, into: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    into.push(chunk.slice());
    yield chunk;
  }
}

async function digestOnly(body: AsyncIterable<Uint8Array>) {
  const hasher = new Bun.CryptoHasher("sha256");
  let size = 0;
  for await (const chunk of body) {
    hasher.update(chunk);
    size += chunk.length;
  }
  return { sha256: hasher.digest("hex"), size };
}
