import { expect, test } from "bun:test";
import type { ForeignRuntime } from "#core/store/foreign.ts";
import type { RuntimeRef } from "#core/store/ref.ts";
import { overlay } from "#core/store/ref-overlay.ts";
import { storeHome } from "./store-home.ts";

const empty = (parts: Partial<RuntimeRef> = {}): RuntimeRef => ({
  format: 1,
  name: "demo",
  project: "self",
  seq: -1,
  versions: [],
  tags: {},
  ...parts,
});
const version = (id: string, mtime: number) => ({ id, mtime, size: 10 });
const own = (id: string, at: number) => ({ id, created_at: at, added_at: at, size: 10 });
const theirs = (parts: Partial<ForeignRuntime>): ForeignRuntime => ({ versions: [], tags: {}, seq: -1, ...parts });
const ids = (ref: RuntimeRef) => ref.versions.map(({ id }) => id);

const A = version("aaaa", 1);
const B = version("bbbb", 2);
const TABLE = { latest: "bbbb", v0: "aaaa", v1: "bbbb", good: "aaaa" };

test("without anything of theirs a ref is itself", async () => {
  await using home = await storeHome();
  const ref = empty({ versions: [own("cccc", 1)], tags: { latest: "cccc" } });
  expect(overlay(home.ctx, ref)).toBe(ref);
});

test("their versions and tags show through, oldest first, and numbers go on after theirs", async () => {
  await using home = await storeHome();
  const ref = overlay(home.ctx, empty(), theirs({ versions: [B, A], tags: TABLE, seq: 1 }));
  expect(ids(ref)).toEqual(["aaaa", "bbbb"]);
  expect(ref).toMatchObject({ tags: TABLE, seq: 1 });
});

test("tags of theirs that name nothing are left out, and a lost latest is the newest", async () => {
  await using home = await storeHome();
  const ref = overlay(home.ctx, empty(), theirs({ versions: [A], tags: TABLE, seq: 1 }));
  expect(ref.tags).toEqual({ v0: "aaaa", good: "aaaa", latest: "aaaa" });
});

test("a tag that we moved or removed stays so; one that they moved since moves", async () => {
  await using home = await storeHome();
  const both = theirs({ versions: [A, B], tags: TABLE, seq: 1 });
  const first = overlay(home.ctx, empty(), both);
  const moved: RuntimeRef = { ...first, tags: { ...first.tags, v0: "bbbb" } };
  delete moved.tags.good;
  expect(overlay(home.ctx, moved, both).tags).toEqual({ latest: "bbbb", v0: "bbbb", v1: "bbbb" });
  const since = overlay(home.ctx, first, { ...both, tags: { ...TABLE, good: "bbbb" } });
  expect(since.tags.good).toBe("bbbb");
  const ours = { ...first, tags: { ...first.tags, good: "bbbb" } };
  expect(overlay(home.ctx, ours, { ...both, tags: { ...TABLE, good: "aaaa", other: "aaaa" } }).tags).toMatchObject({
    good: "bbbb",
    other: "aaaa",
  });
});

test("what was taken out of our ref for good stays out while their file is there", async () => {
  await using home = await storeHome();
  const both = theirs({ versions: [A, B], tags: TABLE, seq: 1 });
  const first = overlay(home.ctx, empty(), both);
  const without = { ...first, versions: first.versions.filter(({ id }) => id !== "aaaa"), tags: { latest: "bbbb" } };
  expect(ids(overlay(home.ctx, without, both))).toEqual(["bbbb"]);
});

test("of two latest the one whose version came later wins", async () => {
  await using home = await storeHome();
  const first = overlay(home.ctx, empty(), theirs({ versions: [A], tags: { latest: "aaaa" }, seq: 0 }));
  const built = (at: number) => ({
    ...first,
    versions: [...first.versions, own("cccc", at)],
    tags: { ...first.tags, latest: "cccc" },
  });
  const later = theirs({ versions: [A, B], tags: { latest: "bbbb" }, seq: 1 });
  expect(overlay(home.ctx, built(5), later).tags.latest).toBe("cccc");
  expect(overlay(home.ctx, built(1), later).tags.latest).toBe("bbbb");
});

test("a version of theirs whose file is gone goes, unless its content is in our store", async () => {
  await using home = await storeHome();
  const first = overlay(home.ctx, empty(), theirs({ versions: [A, B], tags: TABLE, seq: 1 }));
  await home.write("root/.store/v1/trees/bb/bbbb.json", "{}");
  const ref = overlay(home.ctx, first);
  expect(ids(ref)).toEqual(["bbbb"]);
  expect(ref.tags).toEqual({ latest: "bbbb", v1: "bbbb" });
});
