import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseTagTable } from "#core/manifest/tag-table.ts";

test("the Python client's own table gives its tags and last number", () => {
  const file = resolve(import.meta.dir, "../../../fixtures/golden/g02-yaml-full/tag_manifest.yaml");
  const id = "443rh45f5nxwj2bpp3tjynlskyozaoincg4khjvi";
  expect(parseTagTable(readFileSync(file, "utf8"))).toEqual({ tags: { latest: id, t1: id, t2: id, v0: id }, seq: 0 });
});

test("a fresh or bare table has no tags, a broken one is none", () => {
  expect(parseTagTable("fast_tag_seq: -1\ntags: {}\nversions: {}\n")).toEqual({ tags: {}, seq: -1 });
  expect(parseTagTable("tags:\n")).toEqual({ tags: {}, seq: -1 });
  for (const text of ["", ": [", "tags: {a: [b]}\n", "fast_tag_seq: many\n", "a: &a [*a]\n"]) {
    expect(parseTagTable(text), text).toBeUndefined();
  }
});
