import { expect, test } from "bun:test";
import type { Entry } from "#core/store/tree-records.ts";
import { PIECE, partAt, planLayers } from "#core/transfer/oci-plan.ts";

const digest = (word: string) => new Bun.CryptoHasher("sha256").update(word).digest("hex");
const file = (path: string, size: number, word = path): Entry => ({
  ...{ path, mode: 0o644, type: "file", size, sha256: digest(word) },
});

test("large contents are cut, middling ones and locks stand alone, small ones are packed, equal ones come once", () => {
  const plan = planLayers([
    { path: "files", mode: 0o755, type: "dir", size: 0 },
    file("dependencies/.starwhale/lock/requirements-sw-lock.txt", 900),
    file("runtime.yaml", 200),
    file("wheels/a.whl", PIECE * 2 + 5),
    file("wheels/b.whl", 100_000),
    file("files/same-as-b", 100_000, "wheels/b.whl"),
    file("files/s", 10),
    file("files/empty", 0),
  ]);
  expect(plan.cut.map(({ path, partSize }) => [path, partSize])).toEqual([["wheels/a.whl", PIECE]]);
  expect(plan.alone.map(({ path }) => path)).toEqual([
    "dependencies/.starwhale/lock/requirements-sw-lock.txt",
    "runtime.yaml",
    "wheels/b.whl",
  ]);
  expect(plan.packs.map((pack) => pack.map(({ path }) => path))).toEqual([["files/s", "files/empty"]]);
});

test("one changed small file changes few packs of many", () => {
  const tree = Array.from({ length: 3000 }, (_, i) => file(`files/${i}`, 4000));
  const before = planLayers(tree).packs;
  const after = planLayers(tree.map((entry, i) => (i === 1500 ? file(entry.path, 4000, "changed") : entry))).packs;
  const key = (pack: (typeof before)[number]) => digest(pack.map(({ sha256 }) => sha256).join());
  const known = new Set(before.map(key));
  expect(before.length).toBeGreaterThan(12);
  expect(after.filter((pack) => !known.has(key(pack))).length).toBeLessThanOrEqual(3);
  expect(Math.max(...before.map((pack) => pack.reduce((sum, { size }) => sum + size, 0)))).toBeLessThanOrEqual(
    1024 * 1024,
  );
});

test("enormous contents have larger parts instead of more than a manifest can name", () => {
  const size = 100 * 1024 ** 3;
  const [cut] = planLayers([file("wheels/huge.whl", size)]).cut;
  expect(Math.ceil(size / (cut?.partSize ?? 1))).toBeLessThanOrEqual(8000);
  expect(partAt(10, 4, 2)).toEqual({ from: 8, to: 10 });
});
