import { describe, expect, test } from "bun:test";
import { canonicalTree, packageEntries, type TreeEntry } from "#core/swrt/package-tree.ts";
import { tarChunks } from "#core/swrt/tar-writer.ts";
import { bytesOf, joined, listedByPython, namesByGnuTar } from "./archives.ts";

const blobs = (sha256: string) => bytesOf(`content of ${sha256}`);
const blob = (path: string, sha256 = "aa"): TreeEntry => ({ path, mode: 0o644, type: "file", size: 13, sha256 });
const pack = (entries: TreeEntry[]) => joined(tarChunks(packageEntries("version: x\n", entries, blobs)));
const invalid = expect.objectContaining({ code: "PACKAGE_INVALID" });

test("the manifest is first, folders are there, names are in byte order, nothing is the root", async () => {
  const archive = await pack([
    blob("runtime.yaml"),
    blob("files/scripts/_manifest.yaml"),
    { path: "files/scripts", mode: 0o700, type: "dir", size: 0 },
    blob("files/scripts.txt"),
    blob("configs/condarc"),
    { path: "files/a link", mode: 0o777, type: "symlink", size: 0, link: "scripts" },
    blob("dependencies/.starwhale/lock/requirements-sw-lock.txt"),
    blob("Zfile"),
  ]);
  const names = namesByGnuTar(archive);
  expect(names).toEqual([
    "_manifest.yaml",
    "Zfile",
    "configs/",
    "configs/condarc",
    "dependencies/",
    "dependencies/.starwhale/",
    "dependencies/.starwhale/lock/",
    "dependencies/.starwhale/lock/requirements-sw-lock.txt",
    "files/",
    "files/a link",
    "files/scripts.txt",
    "files/scripts/",
    "files/scripts/_manifest.yaml",
    "runtime.yaml",
    "wheels/",
  ]);
  const rows = await listedByPython(archive);
  expect(rows.find((row) => row.path === "files/scripts")?.mode).toBe(0o700);
  expect(rows.find((row) => row.path === "configs")?.mode).toBe(0o755);
});

test("an empty version still has the manifest and the three folders", async () => {
  expect(namesByGnuTar(await pack([]))).toEqual(["_manifest.yaml", "dependencies/", "files/", "wheels/"]);
});

test("the order in which entries come changes no byte", async () => {
  const entries = [blob("files/b"), blob("wheels/ü.whl", "bb"), blob("files/a/c"), blob("runtime.yaml")];
  const one = await pack(entries);
  expect(await pack([...entries].reverse())).toEqual(one);
  expect(await pack(canonicalTree(entries))).toEqual(one);
  expect(await pack([...entries, { path: "files/", mode: 0o755, type: "dir", size: 0 }])).toEqual(one);
});

describe("what our own reader would refuse is not packed", () => {
  const cases: [string, TreeEntry[]][] = [
    ["a second manifest", [blob("_manifest.yaml")]],
    ["a manifest folder", [blob("_manifest.yaml/x")]],
    ["a name twice", [blob("files/a"), blob("files//a")]],
    ["a climbing name", [blob("files/../../a")]],
    ["a file below a file", [blob("files"), blob("files/a")]],
    ["a link that leaves", [{ path: "files/l", mode: 0o777, type: "symlink", size: 0, link: "../../x" }]],
    ["a file where a standard folder belongs", [blob("wheels")]],
  ];
  for (const [title, entries] of cases) {
    test(title, () => expect(() => packageEntries("version: x\n", entries, blobs)).toThrow(invalid));
  }
});
