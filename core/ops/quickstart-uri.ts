/**
 * `runtime quickstart uri`: a folder to work on from an existing runtime – its yaml under a new name, its requirement
 * files, wheels and files where the yaml names them, its lock. Tests: test/e2e/quickstart.test.ts
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { basename, dirname, resolve } from "pathe";
import type { Ctx } from "#core/context.ts";
import { readManifest } from "#core/env/recipe.ts";
import { restoreEnv } from "#core/env/restore.ts";
import { SwError } from "#core/errors.ts";
import { renameSpec } from "#core/manifest/rename-spec.ts";
import { checkRuntimeName } from "#core/ops/package-name.ts";
import { localUri, resolveLocal } from "#core/ops/target.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";
import { expandHome } from "#core/platform/paths.ts";
import { blobPath, putBlobBytes, readBlobText } from "#core/store/blobs.ts";
import { type Entry, readVersion, type Version } from "#core/store/versions.ts";
import { extractTree } from "#core/swrt/extract-package.ts";
import { canonicalTree } from "#core/swrt/package-tree.ts";

export interface QuickstartUriParams {
  uri: string;
  dir: string;
  name?: string;
  force: boolean;
  /** Also makes the environment of the runtime that it starts from. */
  restore: boolean;
}

/** @throws EXISTS with what is in the way, unless forced; nothing is written then */
export async function quickstartUri(ctx: Ctx, params: QuickstartUriParams) {
  const dir = resolve(ctx.cwd, expandHome(ctx.env, params.dir));
  const name = checkRuntimeName(params.name || basename(dir));
  const { ref, version: entry } = await resolveLocal(ctx, params.uri);
  const version = await readVersion(ctx, entry.id);
  const entries = canonicalTree([...sourceEntries(version), await yamlEntry(ctx, version, name)]);
  if (!params.force) refuseTaken(dir, entries);
  const files = await place(ctx, { dir, entries, version });
  if (params.restore) await restoreEnv(ctx, version);
  const { mode } = (await readManifest(ctx, version)).environment;
  return { dir, name, mode, files, uri: localUri(ref.project, ref.name, version.id) };
}

/** `dependencies/a.txt`, `wheels/b.whl`, `files/c` go back to where the yaml named them. */
function sourceEntries(version: Version): Entry[] {
  const moved = version.entries.flatMap((entry) => {
    const path = /^(?:dependencies|wheels|files)\/(.+)$/.exec(entry.path)?.[1];
    return path === undefined ? [] : [{ ...entry, path }];
  });
  // A folder of wheels and one of files may have the same name.
  return [...new Map(moved.map((entry) => [entry.path, entry])).values()];
}

async function yamlEntry(ctx: Ctx, version: Version, name: string): Promise<Entry> {
  const digest = version.entries.find((entry) => entry.path === "runtime.yaml")?.sha256;
  const text = renameSpec(digest === undefined ? "" : await readBlobText(ctx, digest), name);
  const blob = await putBlobBytes(ctx, text);
  return { path: "runtime.yaml", mode: 0o644, type: "file", size: blob.size, sha256: blob.sha256 };
}

function refuseTaken(dir: string, entries: readonly Entry[]): void {
  const taken = entries.filter(({ type, path }) => type !== "dir" && existsSync(`${dir}/${path}`));
  if (taken.length === 0) return;
  const shown = taken.slice(0, 5).map(({ path }) => path);
  throw new SwError("EXISTS", `${dir} has ${shown.join(", ")}${taken.length > 5 ? " and more" : ""} already`, {
    hint: "-f replaces these files; others stay.",
    detail: { dir, files: taken.map(({ path }) => path) },
  });
}

/** Everything is written beside its place first, so that a full disk leaves no half of it. */
async function place(
  ctx: Ctx,
  { dir, entries, version }: { dir: string; entries: Entry[]; version: Version },
): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  const temp = `${dir}/.swcli-quickstart-${randomBytes(6).toString("hex")}`;
  const files = entries.filter(({ type }) => type !== "dir").map(({ path }) => path);
  try {
    const manifestText = await readBlobText(ctx, version.manifest);
    await extractTree(ctx, { manifestText, entries }, { dir: temp, blobPath: (sha256) => blobPath(ctx, sha256) });
    for (const folder of entries.filter(({ type }) => type === "dir")) {
      await mkdir(`${dir}/${folder.path}`, { recursive: true });
    }
    for (const path of files) {
      await mkdir(dirname(`${dir}/${path}`), { recursive: true });
      await rename(`${temp}/${path}`, `${dir}/${path}`);
    }
  } finally {
    await removeTree(temp);
  }
  return files.map((path) => `${dir}/${path}`);
}
