/**
 * An OCI image layout: a folder with blobs by digest, an index and a version note (image-spec, image-layout.md).
 * Made beside its place and renamed, so it is whole or absent. Tests: test/unit/core/oci/layout.test.ts, test/e2e/dockerize.test.ts
 */
import { randomBytes } from "node:crypto";
import { constants, copyFile, mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname } from "pathe";
import { errno, SwError } from "#core/errors.ts";
import { type Descriptor, encodeManifest, type RawManifest } from "#core/oci/manifest.ts";
import { OCI_INDEX } from "#core/oci/media-types.ts";
import { namesIn } from "#core/platform/folder.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";
import { startTime } from "#core/store/leases.ts";

/** What goes under `blobs/`: bytes, or a file of this machine. */
export type LayoutBlob = { readonly digest: string } & ({ readonly bytes: Uint8Array } | { readonly path: string });

export interface Layout {
  /** Absolute. */
  readonly dir: string;
  /** What the layout's own index names. */
  readonly manifests: readonly Descriptor[];
  readonly blobs: readonly LayoutBlob[];
}

/** @throws SwError EXISTS when something is at `dir` already */
export async function writeLayout(layout: Layout): Promise<void> {
  await publishLayout(layout.dir, async (temp) => {
    await mkdir(`${temp}/blobs/sha256`, { recursive: true });
    for (const blob of layout.blobs) await writeBlob(temp, blob);
    await writeFile(`${temp}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
    await writeFile(`${temp}/index.json`, layoutIndex(layout.manifests).bytes);
  });
}

/** The folder that `fill` makes beside `dir` becomes it when all is there. @throws SwError EXISTS */
export async function publishLayout<T>(dir: string, fill: (temp: string) => Promise<T>): Promise<T> {
  const temp = `${dir}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`;
  await removeLeft(dir);
  try {
    await mkdir(temp, { recursive: true });
    const filled = await fill(temp);
    await publish(temp, dir);
    return filled;
  } finally {
    await removeTree(temp);
  }
}

export const layoutIndex = (manifests: readonly Descriptor[]): RawManifest =>
  encodeManifest(OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests });

async function writeBlob(dir: string, blob: LayoutBlob): Promise<void> {
  const target = `${dir}/blobs/${blob.digest.replace(":", "/")}`;
  if ("bytes" in blob) await writeFile(target, blob.bytes);
  else await copyFile(blob.path, target, constants.COPYFILE_FICLONE);
}

/** What a killed process left of the same folder. */
async function removeLeft(dir: string): Promise<void> {
  const prefix = `${basename(dir)}.`;
  for (const name of await namesIn(dirname(dir))) {
    const pid = name.startsWith(prefix) ? /^(\d+)-[0-9a-f]+\.tmp$/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid !== undefined && startTime(Number(pid)) === "") await removeTree(`${dirname(dir)}/${name}`);
  }
}

/** Before the work, since `writeLayout` would find it out last. @throws SwError EXISTS */
export async function refuseTaken(dir: string): Promise<void> {
  const names = await readdir(dir).catch((e: unknown) => {
    if (errno(e) === "ENOENT") return [];
    throw errno(e) === "ENOTDIR" ? taken(dir, e) : e;
  });
  if (names.length > 0) throw taken(dir);
}

/** Nothing that is there is replaced. */
export const taken = (path: string, cause?: unknown): SwError =>
  new SwError("EXISTS", `${path} is there already`, { hint: "Name another place, or remove it.", cause });

/** rename(2) replaces an empty folder and refuses a full one. */
async function publish(temp: string, dir: string): Promise<void> {
  try {
    await rename(temp, dir);
  } catch (e) {
    if (errno(e) !== "ENOTEMPTY" && errno(e) !== "EEXIST" && errno(e) !== "ENOTDIR") throw e;
    throw taken(dir, e);
  }
}
