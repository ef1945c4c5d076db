/**
 * Which contents of a tree become layers of their own and which are packed together, the same on every machine.
 * A pack ends where its content says so, so one changed file changes one pack. Pure.
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
  readonly packs: readonly (readonly Content[])[];
}

// Below it a request costs more than the bytes.
const SMALL = 64 * 1024;
const PACK_MIN = 256 * 1024;
const PACK_MAX = 4 * 1024 * 1024;

/** Texts that people read in a registry without fetching the rest. */
const isReadable = (path: string): boolean =>
  path === "runtime.yaml" || /^dependencies\/\.starwhale\/lock\/[^/]+$/.test(path);

export function planLayers(entries: readonly Entry[]): LayerPlan {
  const contents = new Map<string, Content>();
  for (const { path, sha256, size } of entries) {
    if (sha256 !== undefined && !contents.has(sha256)) contents.set(sha256, { sha256, size, path });
  }
  const isAlone = ({ size, path }: Content) => size > 0 && (size >= SMALL || isReadable(path));
  const all = [...contents.values()];
  return { alone: all.filter(isAlone), packs: packed(all.filter((content) => !isAlone(content))) };
}

/** In the order of paths: files that change together lie together. */
function packed(small: readonly Content[]): Content[][] {
  const packs: Content[][] = [];
  let open: Content[] = [];
  let size = 0;
  for (const content of small) {
    if (size + content.size > PACK_MAX) {
      packs.push(open);
      open = [];
      size = 0;
    }
    open.push(content);
    size += content.size;
    if (size >= PACK_MIN && endsPack(content)) {
      packs.push(open);
      open = [];
      size = 0;
    }
  }
  return open.length > 0 ? [...packs, open] : packs;
}

/** One content in 16, by its own digest: what stands before it has no say. */
const endsPack = ({ sha256 }: Content): boolean => sha256.startsWith("0");
