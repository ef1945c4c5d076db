/**
 * What an environment is made of, read off a version's manifest and tree: Python, lock, wheels, files.
 * Pure data; knows nothing of this machine. Tests: test/unit/core/env/recipe.test.ts
 */
import { EXPLICIT_LOCK_FILE } from "#core/conda/explicit-lock.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import type { PackageManifest } from "#core/manifest/manifest-schema.ts";
import { manifestDependencies, parseManifest } from "#core/manifest/parse-manifest.ts";
import { readBlobText } from "#core/store/blobs.ts";
import type { CarriedFile } from "#core/store/carried-files.ts";
import type { Entry, Version } from "#core/store/versions.ts";

export interface Recipe {
  mode: "venv" | "conda";
  /** "3.11" */
  python: string;
  /** "3.11.7", where the packages were locked for what an environment of that Python holds. */
  patch?: string;
  /** What the lock covers; empty when nobody says (packages of the Python client). */
  platforms: string[];
  /** Digests of lock files; undefined when the package holds none and the first activation resolves. */
  requirements: string | undefined;
  vcs: string | undefined;
  /** Digest of the exact conda lock; undefined where there is none. */
  conda: string | undefined;
  locked: boolean;
  wheels: WheelFile[];
  files: FileTree[];
  pip: { indexUrl: string; extraIndexUrl: string[]; trustedHost: string[] };
  /** What bundles brought of the locks' files; where from they come changes no environment. */
  carried?: readonly CarriedFile[];
}

export interface WheelFile {
  /** The wheel's file name. */
  name: string;
  sha256: string;
}

export interface FileTree {
  /** Inside the prefix. */
  dest: string;
  /** Paths relative to `dest`; one entry with path "" for a single file. */
  entries: Entry[];
}

export async function readManifest(ctx: Ctx, version: Version): Promise<PackageManifest> {
  const key = `manifest:${version.id}`;
  const known = ctx.memo.get<PackageManifest>(key);
  if (known) return known;
  const manifest = parseManifest(await readBlobText(ctx, version.manifest));
  ctx.memo.set(key, manifest);
  return manifest;
}

/** @throws PACKAGE_INVALID when the manifest names what the tree does not hold */
export async function recipeOf(ctx: Ctx, version: Version): Promise<Recipe> {
  const manifest = await readManifest(ctx, version);
  const lockFiles = manifest.environment.lock.files;
  const digest = (ending: string) => {
    const path = lockFiles.find((file) => file.endsWith(ending));
    return path === undefined ? undefined : requireEntry(version, `dependencies/${path}`).sha256;
  };
  const { pip } = manifest.configs;
  return {
    mode: manifest.environment.mode,
    python: manifest.environment.python,
    ...patchOf(manifest),
    platforms: manifest.swcli?.platforms ?? [],
    requirements: digest("/requirements-sw-lock.txt"),
    vcs: digest("/vcs-requirements-sw-lock.txt"),
    conda: version.entries.find(({ path }) => path === `dependencies/${EXPLICIT_LOCK_FILE}`)?.sha256,
    locked: lockFiles.length > 0,
    wheels: wheelsOf(manifest, version),
    files: filesOf(manifest, version),
    pip: {
      indexUrl: pip.index_url,
      extraIndexUrl: nonEmpty(pip.extra_index_url),
      trustedHost: nonEmpty(pip.trusted_host),
    },
  };
}

/** A runtime.yaml names a minor version; of others' packages nobody knows which Python is meant. */
function patchOf({ environment, swcli }: PackageManifest): Pick<Recipe, "patch"> {
  const { python_version: version } = environment.lock.shell;
  const isKnown = swcli?.source === "venv" || swcli?.source === "shell";
  return isKnown && version.startsWith(`${environment.python}.`) ? { patch: version } : {};
}

const nonEmpty = (texts: string[]) => texts.filter((text) => text !== "");

function wheelsOf(manifest: PackageManifest, version: Version): WheelFile[] {
  return manifestDependencies(manifest).flatMap((dependency) => {
    if (dependency.kind !== "wheel") return [];
    return dependency.items.map(({ text }) => {
      const entry = requireEntry(version, `wheels/${text}`);
      return { name: text.slice(text.lastIndexOf("/") + 1), sha256: entry.sha256 ?? "" };
    });
  });
}

function filesOf(manifest: PackageManifest, version: Version): FileTree[] {
  return manifestDependencies(manifest).flatMap((dependency) => {
    if (dependency.kind !== "native_file") return [];
    return dependency.items.map(({ src, dest }) => ({
      dest,
      entries: entriesBelow(version, `files/${trimSlash(src)}`),
    }));
  });
}

function entriesBelow(version: Version, path: string): Entry[] {
  const top = requireEntry(version, path);
  if (top.type !== "dir") return [{ ...top, path: "" }];
  return version.entries
    .filter((entry) => entry.path.startsWith(`${path}/`))
    .map((entry) => ({ ...entry, path: entry.path.slice(path.length + 1) }));
}

function requireEntry(version: Version, path: string): Entry {
  const entry = version.entries.find((e) => e.path === path);
  if (entry) return entry;
  throw new SwError("PACKAGE_INVALID", `the package names ${path} but does not hold it`, {
    hint: "Build the runtime again.",
    detail: { version: version.id },
  });
}

const trimSlash = (path: string) => path.replace(/^(\.\/)+/, "").replace(/\/+$/, "");

/** The package's own index settings, for uv; what it carries has its own folders. */
export const explicitIndex = ({ pip }: Pick<Recipe, "pip">) => ({
  indexUrl: pip.indexUrl,
  extraIndexUrls: pip.extraIndexUrl,
  trustedHosts: pip.trustedHost,
  findLinks: [],
  noIndex: false,
});
