import { expect, test } from "bun:test";
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { placeFiles } from "#core/env/place-files.ts";
import { blobPath, putBlobBytes } from "#core/store/blobs.ts";
import type { Entry } from "#core/store/versions.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

/** A prefix and a folder outside of it. */
async function prefixIn(home: StoreHome): Promise<{ prefix: string; outside: string }> {
  const [prefix, outside] = [`${home.dir}/env`, `${home.dir}/outside`];
  for (const dir of [`${prefix}/lib`, outside]) await mkdir(dir, { recursive: true });
  return { prefix, outside };
}

async function file(home: StoreHome, path: string, text = "content", mode = 0o644): Promise<Entry> {
  const { sha256, size } = await putBlobBytes(home.ctx, text);
  return { path, mode, type: "file", size, sha256 };
}
const folder = (path: string): Entry => ({ path, mode: 0o755, type: "dir", size: 0 });
const link = (path: string, to: string): Entry => ({ path, mode: 0o777, type: "symlink", size: 0, link: to });

test("a file and a tree come to their places with modes and links, over what is there", async () => {
  await using home = await storeHome();
  const { prefix } = await prefixIn(home);
  await writeFile(`${prefix}/lib/old`, "old");
  const tree = [folder("empty"), await file(home, "deep/f"), link("deep/l", "f")];
  const trees = [
    { dest: "bin/run.sh", entries: [await file(home, "", "#!/bin/sh\n", 0o755)] },
    { dest: "./share//data/", entries: tree },
    { dest: "lib/old/", entries: [await file(home, "", "new")] },
  ];
  // Twice: a repair places them again.
  for (const _ of [1, 2]) await placeFiles(home.ctx, prefix, trees);
  expect(await readFile(`${prefix}/share/data/deep/f`, "utf8")).toBe("content");
  expect(await readlink(`${prefix}/share/data/deep/l`)).toBe("f");
  expect(await readFile(`${prefix}/lib/old`, "utf8")).toBe("new");
  expect((await stat(`${prefix}/bin/run.sh`)).mode & 0o777).toBe(0o755);
  expect((await readdir(`${prefix}/share/data`)).sort()).toEqual(["deep", "empty"]);
});

test("a name that only begins with two dots is a name", async () => {
  await using home = await storeHome();
  const { prefix } = await prefixIn(home);
  await placeFiles(home.ctx, prefix, [{ dest: "..data/f", entries: [await file(home, "")] }]);
  expect(await readFile(`${prefix}/..data/f`, "utf8")).toBe("content");
});

test("a placed file is a copy: writing it does not reach the store", async () => {
  await using home = await storeHome();
  const { prefix } = await prefixIn(home);
  const entry = await file(home, "");
  await placeFiles(home.ctx, prefix, [{ dest: "data", entries: [entry] }]);
  await writeFile(`${prefix}/data`, "changed");
  expect(await readFile(blobPath(home.ctx, entry.sha256 ?? ""), "utf8")).toBe("content");
});

test.each(["../out", "a/../../out", "/etc/out", "", ".", "a/..", "a/../", ".."])("dest %p is refused", async (dest) => {
  await using home = await storeHome();
  const { prefix } = await prefixIn(home);
  const placed = placeFiles(home.ctx, prefix, [{ dest, entries: [await file(home, "")] }]);
  await expect(placed).rejects.toMatchObject({ code: "ENV_BUILD_FAILED", message: expect.stringContaining(dest) });
  expect((await readdir(home.dir)).sort()).toEqual(["env", "outside", "root"]);
});

test("a dest through a link that leads out is refused, and nothing appears outside, not even a folder", async () => {
  await using home = await storeHome();
  const { prefix, outside } = await prefixIn(home);
  await symlink(outside, `${prefix}/leak`);
  const entries = [await file(home, "x"), await file(home, "a/b/x"), folder("a"), folder("a/b"), link("l", "x")];
  for (const entry of entries) {
    for (const dest of ["leak", "leak/deep"]) {
      const placed = placeFiles(home.ctx, prefix, [{ dest, entries: [entry] }]);
      await expect(placed).rejects.toMatchObject({ code: "ENV_BUILD_FAILED" });
    }
  }
  expect(await readdir(outside)).toEqual([]);
});

test("a package can't make such a link first and go through it then", async () => {
  await using home = await storeHome();
  const { prefix, outside } = await prefixIn(home);
  const entries = [link("out", "../../outside"), await file(home, "out/f")];
  await expect(placeFiles(home.ctx, prefix, [{ dest: "t", entries }])).rejects.toMatchObject({
    code: "ENV_BUILD_FAILED",
  });
  // A link in a file's own place is replaced, not written through.
  await writeFile(`${outside}/kept`, "kept");
  const over = [link("f", "../../outside/kept"), await file(home, "f")];
  await placeFiles(home.ctx, prefix, [{ dest: "t", entries: over }]);
  expect(await readFile(`${outside}/kept`, "utf8")).toBe("kept");
  expect(await readdir(outside)).toEqual(["kept"]);
});

test("links inside the prefix are fine: lib64 leads to lib", async () => {
  await using home = await storeHome();
  const { prefix } = await prefixIn(home);
  await symlink("lib", `${prefix}/lib64`);
  await placeFiles(home.ctx, prefix, [{ dest: "lib64/sub/f", entries: [await file(home, "")] }]);
  expect(await readFile(`${prefix}/lib/sub/f`, "utf8")).toBe("content");
});

test("a file in a folder's place, or a folder in a file's, is said as what it is", async () => {
  await using home = await storeHome();
  const { prefix } = await prefixIn(home);
  await writeFile(`${prefix}/plain`, "");
  await symlink("nowhere", `${prefix}/dangling`);
  for (const dest of ["lib", "plain/f", "plain", "dangling"]) {
    const entry = dest === "lib" || dest === "plain/f" ? await file(home, "") : folder("");
    const placed = placeFiles(home.ctx, prefix, [{ dest, entries: [entry] }]);
    await expect(placed).rejects.toMatchObject({ code: "ENV_BUILD_FAILED", message: expect.stringContaining(dest) });
  }
});
