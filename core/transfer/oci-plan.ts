/**
 * Which contents of a tree become layers of their own, which are cut into parts and which are packed together: the same
 * on every machine. A pack ends where its content says so, so one changed file changes one pack. Pure.
 * Tests: test/unit/core/transfer/oci-plan.test.ts
 */
import type { Entry } from "#core/store/tree-records.ts";

export interface Content {
  readonly sha256: string;
  readonly size: number;
  /** The first path that has it. */
  readonly path: string;
}

export interface LayerPlan {
  /** One layer each. */
  readonly alone: readonly Content[];
  /** Several layers each, all but the last of `partSize` bytes. */
  readonly cut: readonly (Content & { readonly partSize: number })[];
  readonly packs: readonly (readonly Content[])[];
}

// Below it a request costs more than the bytes.
const SMALL = 64 * 1024;
const PACK_MIN = 128 * 1024;
const PACK_MAX = 1024 * 1024;
/** No layer is larger unless a content is enormous: two under way at once are all that a kill can cost. */
export const PIECE = 2 * 1024 * 1024;
// Registries take manifests of up to 4 MiB: room for about 20,000 layers.
const MOST_PARTS = 8000;

/** Texts that people read in a registry without fetching the rest. */
const isReadable = (path: string): boolean =>
  path === "runtime.yaml" || /^dependencies\/\.starwhale\/lock\/[^/]+$/.test(path);

export function planLayers(entries: readonly Entry[]): LayerPlan {
  const contents = new Map<string, Content>();
  for (const { path, sha256, size } of entries) {
    if (sha256 !== undefined && !contents.has(sha256)) contents.set(sha256, { sha256, size, path });
  }
  const all = [...contents.values()];
  const large = all.filter(({ size }) => size > PIECE);
  const partSize = Math.max(PIECE, Math.ceil(large.reduce((sum, { size }) => sum + size, 0) / MOST_PARTS));
  const isAlone = ({ size, path }: Content) => size > 0 && size <= PIECE && (size >= SMALL || isReadable(path));
  return {
    alone: all.filter(isAlone),
    cut: large.map((content) => ({ ...content, partSize })),
    packs: packed(all.filter((content) => content.size <= PIECE && !isAlone(content))),
  };
}

/** In the order of paths: files that change together lie together. */
function packed(small: readonly Content[]): Content[][] {
  const packs: Content[][] = [];
  let open: Content[] = [];
  let size = 0;
  const close = () => {
    if (open.length > 0) packs.push(open);
    open = [];
    size = 0;
  };
  for (const content of small) {
    if (size + content.size > PACK_MAX) close();
    open.push(content);
    size += content.size;
    if (size >= PACK_MIN && endsPack(content)) close();
  }
  close();
  return packs;
}

/** One content in 16, by its own digest: what stands before it has no say. */
const endsPack = ({ sha256 }: Content): boolean => sha256.startsWith("0");

/** Where a part lies in its content. */
export function partAt(size: number, partSize: number, index: number): { from: number; to: number } {
  const from = index * partSize;
  return { from, to: Math.min(from + partSize, size) };
}
