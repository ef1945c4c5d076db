import { expect, test } from "bun:test";
import { splitBundle } from "#core/swrt/bundle-part.ts";
import type { TreeEntry } from "#core/swrt/package-tree.ts";

const file = (path: string): TreeEntry => ({ path, mode: 0o644, type: "file", size: 0, sha256: "" });
const folder = (path: string): TreeEntry => ({ path, mode: 0o755, type: "dir", size: 0 });
const paths = (entries: readonly TreeEntry[]) => entries.map(({ path }) => path);

test("what lies below bundle/ is no part of the version, what is only called alike is", () => {
  const own = [file("bundled/x"), file("files/bundle/index.json"), file("runtime.yaml")];
  const bundle = [folder("bundle"), file("bundle/index.json"), file("bundle/wheels/x.whl")];
  const parts = splitBundle([...bundle, ...own]);
  expect([paths(parts.own), paths(parts.bundle)]).toEqual([paths(own), paths(bundle)]);
});

test("a folder of that name without an index belongs to the package", () => {
  const entries = [folder("bundle"), file("bundle/x"), { ...folder("bundle/index.json") }];
  expect(splitBundle(entries)).toEqual({ own: entries, bundle: [] });
});
