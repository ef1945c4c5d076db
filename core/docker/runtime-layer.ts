/**
 * The last layer: what makes the prefix an environment of the base's interpreter, the package's files and its papers.
 * Small, so a changed file sends only this. Tests: test/unit/core/docker/runtime-layer.test.ts
 */
import { isAbsolute, normalize, relative } from "pathe";
import type { Ctx } from "#core/context.ts";
import { layoutFiles, PREFIX, pyvenvConfig, WORKDIR } from "#core/docker/image-layout.ts";
import { imageManifestText } from "#core/docker/image-manifest.ts";
import { fileEntry, folderEntry, layerEntries, linkEntry, textEntry } from "#core/docker/layer-entry.ts";
import { type FileTree, readManifest } from "#core/env/recipe.ts";
import { SwError } from "#core/errors.ts";
import { blobPath } from "#core/store/blobs.ts";
import type { Entry, Version } from "#core/store/versions.ts";
import { parentPaths } from "#core/swrt/member-path.ts";
import type { TarEntry } from "#core/swrt/tar-writer.ts";

/** Members that do not depend on the base image: both engines put them in. */
export async function runtimeEntries(ctx: Ctx, version: Version, files: readonly FileTree[]): Promise<TarEntry[]> {
  const manifest = await readManifest(ctx, version);
  return [
    textEntry(`${WORKDIR}/_manifest.yaml`, imageManifestText(manifest)),
    ...version.entries.filter(isPaper).map((entry) => storedEntry(ctx, `${WORKDIR}/${entry.path}`, entry)),
    ...layoutFiles(manifest).map(({ path, text, mode }) => textEntry(path, text, mode)),
    ...files.flatMap((tree) => placedTree(ctx, tree)),
  ];
}

/** The links and settings that make a virtual environment of an interpreter of the base. */
export function venvEntries(interpreter: string, python: string): TarEntry[] {
  return [
    textEntry(`${PREFIX}/pyvenv.cfg`, pyvenvConfig(interpreter, python)),
    linkEntry(`${PREFIX}/bin/python`, interpreter),
    linkEntry(`${PREFIX}/bin/python3`, "python"),
    linkEntry(`${PREFIX}/bin/python${python}`, "python"),
    linkEntry(`${PREFIX}/lib64`, "lib"),
    folderEntry(`${PREFIX}/lib/python${python}/site-packages`),
  ];
}

/** In order; a link to a folder of the environment makes the links below it needless. */
export function runtimeLayerEntries(entries: readonly TarEntry[]): TarEntry[] {
  const links = new Set(entries.filter(({ type }) => type === "symlink").map(({ path }) => path));
  return layerEntries(entries.filter(({ path }) => !parentPaths(path).some((parent) => links.has(parent))));
}

/** Wheels are installed and files are placed; the rest of the package is kept as it is. */
const isPaper = ({ path, type }: Entry) =>
  type === "file" && (path === "runtime.yaml" || path === "condarc" || path.startsWith("dependencies/"));

function storedEntry(ctx: Ctx, path: string, entry: Entry): TarEntry {
  if (entry.type === "symlink") return linkEntry(path, entry.link ?? "");
  if (entry.type === "dir") return folderEntry(path);
  return fileEntry(path, { source: blobPath(ctx, entry.sha256 ?? ""), size: entry.size, mode: entry.mode });
}

/**
 * A relative `dest` is inside the environment, as for `activate`, and reachable from the working folder too, where the
 * Python client puts it in a container; an absolute one is meant as it is.
 */
function placedTree(ctx: Ctx, tree: FileTree): TarEntry[] {
  const dest = normalize(tree.dest).replace(/\/+$/, "");
  if (dest === "" || dest === "." || dest.startsWith("..")) throw outside(tree.dest);
  const below = (top: string) =>
    tree.entries.map((entry) => storedEntry(ctx, entry.path === "" ? top : `${top}/${entry.path}`, entry));
  if (isAbsolute(dest)) return below(dest);
  const top = `${PREFIX}/${dest}`;
  const link = `${WORKDIR}/${dest}`;
  return [...below(top), linkEntry(link, relative(link.slice(0, link.lastIndexOf("/")), top))];
}

const outside = (dest: string) =>
  new SwError("IMAGE_FAILED", `files: dest ${dest} is not a place inside the image`, {
    hint: "Give a path relative to the environment, such as bin/prepare.sh, or an absolute one.",
  });
