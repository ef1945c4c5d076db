/**
 * Takes a .swrt apart: the manifest as text, every file into a sink, the rest as a list. For import, download and info.
 * Knows no store: the sink decides where bytes go. Tests: test/unit/core/swrt/read-package.test.ts
 */
import { memberInvalid, packageInvalid } from "#core/swrt/package-error.ts";
import { canonicalTree, MANIFEST_NAME, type TreeEntry } from "#core/swrt/package-tree.ts";
import { readTar, type TarMember } from "#core/swrt/tar-reader.ts";

/** Where the bytes of files go; must read the whole body. */
export interface PackageSink {
  file(path: string, body: AsyncIterable<Uint8Array>): Promise<{ sha256: string; size: number }>;
}

export interface PackageContent {
  /** Byte for byte as stored. */
  manifestText: string;
  /** All but the manifest, as `canonicalTree` gives them. */
  entries: TreeEntry[];
}

// The Python client's are about 2 KiB; a larger one would be held in memory and shown to a yaml parser.
const MAX_MANIFEST = 1024 * 1024;

/**
 * Reads a whole package. Files reach the sink before the end is known to be sound: publish only after this returns.
 * @throws SwError PACKAGE_INVALID when it is no sound package with one `_manifest.yaml`.
 */
export async function readPackage(source: AsyncIterable<Uint8Array>, sink: PackageSink): Promise<PackageContent> {
  let manifestText: string | undefined;
  const entries: TreeEntry[] = [];
  for await (const member of readTar(source)) {
    if (member.path === MANIFEST_NAME) manifestText = await readManifest(member);
    else entries.push(await treeEntry(member, sink));
  }
  if (manifestText === undefined) {
    throw packageInvalid(`has no ${MANIFEST_NAME}, so it is no runtime package`);
  }
  return { manifestText, entries: canonicalTree(entries) };
}

async function readManifest(member: TarMember): Promise<string> {
  if (member.type !== "file") throw memberInvalid(member.path, `is a ${member.type}, not a file`);
  if (member.size > MAX_MANIFEST) throw memberInvalid(member.path, `is too large (${member.size} bytes)`);
  if (member.size === 0) throw memberInvalid(member.path, "is empty");
  const parts: Uint8Array[] = [];
  for await (const part of member.body) parts.push(part.slice());
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw memberInvalid(member.path, "is not UTF-8 text");
  }
}

async function treeEntry(member: TarMember, sink: PackageSink): Promise<TreeEntry> {
  const { path, mode, type, link } = member;
  if (type === "symlink") return { path, mode, type, size: 0, link };
  if (type === "dir") return { path, mode, type, size: 0 };
  const { sha256, size } = await sink.file(path, member.body);
  if (size !== member.size) throw new Error(`the sink took ${size} of the ${member.size} bytes of ${path}`);
  return { path, mode, type, size, sha256 };
}
