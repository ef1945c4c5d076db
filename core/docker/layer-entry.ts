/**
 * Members of layers: absolute paths of the image as tar entries, with the folders above them, sorted; a layer never
 * depends on another one. Tests: test/unit/core/docker/layer-entry.test.ts
 */
import { createReadStream } from "node:fs";
import { parentPaths, sortedByName } from "#core/swrt/member-path.ts";
import { type TarEntry, textMember } from "#core/swrt/tar-writer.ts";

const relative = (path: string) => path.replace(/^\/+/, "");

/** Only two modes exist in a layer, so the builder's umask leaves no trace. */
export const layerMode = (mode: number): number => (mode & 0o111 ? 0o755 : 0o644);

/** An entry that says where its bytes are, so that another process can read them too. */
export interface LayerEntry extends TarEntry {
  /** Undefined where only `open` can make them. */
  readonly from?: { readonly source: string } | { readonly text: string | Uint8Array } | undefined;
}

/** Something that no file holds. */
export const textEntry = (path: string, text: string | Uint8Array, mode?: number): LayerEntry => ({
  ...textMember(relative(path), text, mode),
  from: { text },
});

export const linkEntry = (path: string, link: string): TarEntry => ({
  path: relative(path),
  mode: 0o777,
  type: "symlink",
  size: 0,
  link,
});

export const folderEntry = (path: string): TarEntry => ({ path: relative(path), mode: 0o755, type: "dir", size: 0 });

/** A file of this machine. */
export const fileEntry = (path: string, file: { source: string; size: number; mode: number }): LayerEntry => ({
  path: relative(path),
  mode: layerMode(file.mode),
  type: "file",
  size: file.size,
  open: () => contentOf(file),
  from: { source: file.source },
});

// One read for most files: a stream for each of some thousand costs more than their bytes.
const WHOLE = 512 * 1024;

async function* contentOf({ source, size }: { source: string; size: number }): AsyncGenerator<Uint8Array> {
  if (size <= WHOLE) yield await Bun.file(source).bytes();
  else yield* createReadStream(source, { highWaterMark: 1 << 17 });
}

/** Complete and in order; of two entries with one path the later counts. */
export function layerEntries(entries: readonly TarEntry[]): TarEntry[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  const parents = new Set([...byPath.keys()].flatMap(parentPaths));
  const missing = [...parents].filter((path) => !byPath.has(path)).map(folderEntry);
  return sortedByName([...byPath.values(), ...missing]);
}
