/**
 * Which interpreters a base image has on its PATH, from the names in its layers. Pure.
 * Tests: test/unit/core/docker/base-python.test.ts
 */
import { normalize } from "pathe";
import type { Names } from "#core/docker/layer-names.ts";

export interface BasePython {
  /** "3.11" */
  readonly minor: string;
  /** As found on PATH, absolute. */
  readonly path: string;
}

/** path → target of the link, or null for what is no link. */
export type Tree = Map<string, string | null>;

/** The layers' names, lowest first, as one tree: whiteouts take away what was below. */
export function mergeNames(layers: readonly Names[]): Tree {
  const tree: Tree = new Map();
  for (const names of layers) {
    for (const { path } of names) applyWhiteout(tree, path);
    for (const { path, link } of names) if (!/(^|\/)\.wh\./.test(path)) tree.set(`/${path}`, link ?? null);
  }
  return tree;
}

function applyWhiteout(tree: Tree, path: string): void {
  const [, folder = "", name] = /^(.*?\/?)\.wh\.([^/]+)$/.exec(path) ?? [];
  if (name === undefined) return;
  const gone = name === ".wh..opq" ? `/${folder}` : `/${folder}${name}`;
  for (const known of [...tree.keys()]) {
    if (known === gone || known.startsWith(gone.endsWith("/") ? gone : `${gone}/`)) tree.delete(known);
  }
}

/** The interpreters that a shell would find, one for each minor version, in the order of PATH. */
export function basePythons(tree: Tree, path: string): BasePython[] {
  const found = new Map<string, BasePython>();
  for (const folder of path.split(":").filter((f) => f.startsWith("/"))) {
    for (const name of pythonNames(tree, folder)) {
      const at = `${folder.replace(/\/+$/, "")}/${name}`;
      const real = resolve(tree, at);
      const minor = /python(\d+\.\d+)$/.exec(real ?? "")?.[1] ?? /python(\d+\.\d+)$/.exec(at)?.[1];
      if (real !== undefined && minor !== undefined && !found.has(minor)) found.set(minor, { minor, path: at });
    }
  }
  return [...found.values()];
}

/** Names like `python3.11` first: they stay what they are when the image's default changes. */
function pythonNames(tree: Tree, folder: string): string[] {
  const real = follow(tree, folder) ?? folder;
  return [...tree.keys()]
    .filter((path) => path.startsWith(`${real}/`) && /^python[0-9.]*$/.test(path.slice(real.length + 1)))
    .map((path) => path.slice(real.length + 1))
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

/** The file that a path means; undefined when it ends at nothing that we have seen. */
function resolve(tree: Tree, path: string): string | undefined {
  const real = follow(tree, path);
  return real !== undefined && tree.get(real) === null ? real : undefined;
}

/** Without the links on its way; undefined when they go in a circle. */
function follow(tree: Tree, path: string): string | undefined {
  let at = normalize(path).replace(/(.)\/$/, "$1");
  for (let hops = 0; hops < 40; hops++) {
    const next = followOnce(tree, at);
    if (next === undefined) return at;
    at = next;
  }
  return undefined;
}

function followOnce(tree: Tree, path: string): string | undefined {
  const parts = path.split("/");
  for (let depth = 2; depth <= parts.length; depth++) {
    const prefix = parts.slice(0, depth).join("/");
    const link = tree.get(prefix);
    if (typeof link !== "string") continue;
    const target = link.startsWith("/") ? link : `${parts.slice(0, depth - 1).join("/")}/${link}`;
    return normalize([target, ...parts.slice(depth)].join("/"));
  }
  return undefined;
}
