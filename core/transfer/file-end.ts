/**
 * A package file as an end of a copy. A file is brought into the store to be read (it says nothing of itself from the
 * outside), and appears under its name only when it is whole. Tests: test/e2e/copy.test.ts
 */
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, open, rename, stat } from "node:fs/promises";
import { resolve } from "pathe";
import type { Ctx } from "#core/context.ts";
import { errno, SwError, throwIfAborted } from "#core/errors.ts";
import { nameInPackage } from "#core/ops/package-name.ts";
import { packageStream } from "#core/ops/package-stream.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { expandHome } from "#core/platform/paths.ts";
import { takePackage } from "#core/store/take-package.ts";
import { readPackage } from "#core/swrt/read-package.ts";
import { checkedPackage } from "#core/transfer/checked-package.ts";
import type { Existing, PackageBytes, Sink, Source } from "#core/transfer/ends.ts";
import { counted } from "#core/transfer/progress.ts";
import type { FileUri } from "#core/uri/copy-uri.ts";

const pathOf = (ctx: Ctx, { path }: FileUri): string => resolve(ctx.cwd, expandHome(ctx.env, path));

/** @throws FILE_NOT_FOUND, PACKAGE_INVALID */
export async function fileSource(ctx: Ctx, uri: FileUri): Promise<Source> {
  const path = pathOf(ctx, uri);
  await requireFile(path);
  const { version } = await takePackage(ctx, createReadStream(path, { highWaterMark: 1 << 18 }));
  const stream = await packageStream(ctx, version);
  return {
    uri: path,
    name: await nameInPackage(ctx, version, path),
    version: version.id,
    tags: [],
    manifestText: stream.manifestText,
    store: async () => version,
    bytes: async () => ({ size: stream.size, trusted: true, open: () => stream.chunks() }),
  };
}

async function requireFile(path: string): Promise<void> {
  try {
    if ((await stat(path)).isFile()) return;
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
  }
  throw new SwError("FILE_NOT_FOUND", `no file ${path}`, { detail: { path } });
}

export function fileSink(ctx: Ctx, uri: FileUri): Sink {
  const path = pathOf(ctx, uri);
  return {
    uri: () => path,
    check: () => {},
    existing: async () => await existing(path),
    put: async (source, replace) => await writePackage(ctx, path, { bytes: await source.bytes(), source, replace }),
    // A file has no tags; its source keeps them.
    tag: async () => [],
  };
}

/** Whatever lies there under the name is something: this package or other content. */
async function existing(path: string): Promise<Existing | undefined> {
  try {
    if (!(await stat(path)).isFile()) throw new SwError("EXISTS", `${path} is not a file`);
  } catch (e) {
    if (errno(e) === "ENOENT") return undefined;
    throw e;
  }
  try {
    const { manifestText } = await readPackage(createReadStream(path), { file: pass });
    return { manifestText };
  } catch (e) {
    if (e instanceof SwError) return { manifestText: "" };
    throw e;
  }
}

async function pass(_path: string, body: AsyncIterable<Uint8Array>): Promise<{ sha256: string; size: number }> {
  let size = 0;
  for await (const chunk of body) size += chunk.length;
  return { sha256: "", size };
}

async function writePackage(
  ctx: Ctx,
  path: string,
  { bytes, source, replace }: { bytes: PackageBytes; source: Source; replace: boolean },
): Promise<void> {
  const temp = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(temp, "wx", 0o644).catch((e: unknown) => {
    if (errno(e) !== "ENOENT") throw e;
    throw new SwError("FILE_NOT_FOUND", `the folder of ${path} does not exist`, { cause: e });
  });
  try {
    try {
      const line = { step: "write", text: `Writing ${path}`, total: bytes.size };
      const chunks = bytes.trusted ? bytes.open() : checkedPackage(bytes.open(), source.version);
      for await (const chunk of counted(ctx, line, chunks)) {
        throwIfAborted(ctx.signal);
        await file.writeFile(chunk);
      }
      await file.datasync();
    } finally {
      await file.close();
    }
    if (replace) await rename(temp, path);
    else await link(temp, path);
  } catch (e) {
    if (errno(e) !== "EEXIST") throw e;
    throw new SwError("EXISTS", `${path} has just been made by somebody else`, { hint: "-f replaces it." });
  } finally {
    await removeFile(temp);
  }
}
