/**
 * A package file as an end of a copy. A file is brought into the store to be read (it says nothing of itself from the
 * outside), and appears under its name only when it is whole. Tests: test/e2e/copy.test.ts
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "pathe";
import { takeBundle } from "#core/bundle/take-bundle.ts";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { nameInPackage } from "#core/ops/package-name.ts";
import { packageStream } from "#core/ops/package-stream.ts";
import { expandHome } from "#core/platform/paths.ts";
import { takePackage } from "#core/store/take-package.ts";
import { BUNDLE_INDEX } from "#core/swrt/bundle-part.ts";
import { inFile } from "#core/swrt/package-error.ts";
import { readPackage } from "#core/swrt/read-package.ts";
import { checkedPackage } from "#core/transfer/checked-package.ts";
import type { Existing, Sink, Source } from "#core/transfer/ends.ts";
import { writeNewFile } from "#core/transfer/new-file.ts";
import type { FileUri } from "#core/uri/copy-uri.ts";

const pathOf = (ctx: Ctx, { path }: FileUri): string => resolve(ctx.cwd, expandHome(ctx.env, path));

/** @throws FILE_NOT_FOUND, PACKAGE_INVALID */
export async function fileSource(ctx: Ctx, uri: FileUri): Promise<Source> {
  const path = pathOf(ctx, uri);
  await requireFile(path);
  const taken = await takePackage(ctx, createReadStream(path, { highWaterMark: 1 << 18 })).catch((e: unknown) => {
    throw inFile(e, path);
  });
  const { version } = taken;
  const stream = await packageStream(ctx, version);
  return {
    uri: path,
    name: await nameInPackage(ctx, version, path),
    version: version.id,
    origin: undefined,
    tags: [],
    manifestText: stream.manifestText,
    carried: taken.bundle.filter(({ type, path }) => type === "file" && path !== BUNDLE_INDEX).length,
    async store() {
      await takeBundle(ctx, taken);
      return version;
    },
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
    existing: async (_, whether) => await existing(path, whether),
    async put(source, replace) {
      const bytes = await source.bytes();
      const chunks = bytes.trusted ? bytes.open() : checkedPackage(bytes.open(), source.version);
      await writeNewFile(ctx, path, { chunks, size: bytes.size, replace });
    },
    // A file has no tags; its source keeps them.
    tag: async () => [],
  };
}

/** Whatever lies there under the name is something: this package or other content. */
async function existing(path: string, whether = false): Promise<Existing | undefined> {
  try {
    if (!(await stat(path)).isFile()) throw new SwError("EXISTS", `${path} is not a file`);
  } catch (e) {
    if (errno(e) === "ENOENT") return undefined;
    throw e;
  }
  if (whether) return { manifestText: undefined };
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
