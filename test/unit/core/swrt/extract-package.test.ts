import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { extractTree } from "#core/swrt/extract-package.ts";
import { canonicalTree, packageEntries, type TreeEntry } from "#core/swrt/package-tree.ts";
import { readPackage } from "#core/swrt/read-package.ts";
import { tarChunks } from "#core/swrt/tar-writer.ts";
import { bytesOf, output, tempDir } from "./archives.ts";

const ctx = { signal: new AbortController().signal };
const manifestText = "version: x\n";

/** A folder of blobs as the store keeps them (read-only, by digest), a place to extract to, and a bystander. */
async function workshop() {
  const temp = await tempDir();
  const blobs = join(temp.path, "blobs");
  await mkdir(blobs);
  const outside = join(temp.path, "outside");
  await mkdir(outside);
  const file = async (path: string, data: string, mode = 0o644): Promise<TreeEntry> => {
    const sha256 = createHash("sha256").update(data).digest("hex");
    await writeFile(join(blobs, sha256), data, { mode: 0o444 }).catch(() => {});
    await chmod(join(blobs, sha256), 0o444);
    return { path, mode, type: "file", size: Buffer.byteLength(data), sha256 };
  };
  const target = { dir: join(temp.path, "to", "here"), blobPath: (sha256: string) => join(blobs, sha256) };
  return { file, outside, target, blobs, root: temp.path, [Symbol.asyncDispose]: temp[Symbol.asyncDispose] };
}

const folder = (path: string, mode = 0o755): TreeEntry => ({ path, mode, type: "dir", size: 0 });
const link = (path: string, to: string): TreeEntry => ({ path, mode: 0o777, type: "symlink", size: 0, link: to });

test("what comes out equals what went in, modes and links included", async () => {
  await using shop = await workshop();
  const entries = [
    await shop.file("runtime.yaml", "name: x\n"),
    await shop.file("files/run.sh", "#!/bin/sh\n", 0o755),
    await shop.file("files/empty", "", 0o600),
    await shop.file("files/ünï/模型", "m", 0o640),
    folder("files/closed", 0o555),
    await shop.file("files/closed/a", "a"),
    folder("wheels", 0o555),
    folder("dependencies"),
    link("files/link", "ünï/../run.sh"),
  ];
  await extractTree(ctx, { manifestText, entries }, shop.target);
  const at = (path: string) => join(shop.target.dir, path);
  for (const entry of canonicalTree(entries)) {
    const seen = await lstat(at(entry.path));
    expect([entry.path, seen.isDirectory(), seen.isSymbolicLink()]).toEqual([
      entry.path,
      entry.type === "dir",
      entry.type === "symlink",
    ]);
    if (entry.type !== "symlink") expect([entry.path, seen.mode & 0o777]).toEqual([entry.path, entry.mode]);
  }
  expect(await readlink(at("files/link"))).toBe("ünï/../run.sh");
  expect(await readFile(at("files/link"), "utf8")).toBe("#!/bin/sh\n");
  expect(await readFile(at("_manifest.yaml"), "utf8")).toBe(manifestText);
  expect((await readdir(shop.target.dir)).sort()).toEqual([
    "_manifest.yaml",
    "dependencies",
    "files",
    "runtime.yaml",
    "wheels",
  ]);
  for (const path of ["files/closed", "wheels"]) await chmod(at(path), 0o755);
});

test("an extracted package packed by GNU tar reads as the same package", async () => {
  await using shop = await workshop();
  const entries = canonicalTree([
    await shop.file("files/a", "1", 0o755),
    link("files/l", "a"),
    folder("wheels"),
    folder("dependencies"),
  ]);
  await extractTree(ctx, { manifestText, entries }, shop.target);
  output(["tar", "-cf", join(shop.root, "again.tar"), "-C", shop.target.dir, "."]);
  const sink = {
    async file(_path: string, body: AsyncIterable<Uint8Array>) {
      const hash = createHash("sha256");
      let size = 0;
      for await (const chunk of body) {
        hash.update(chunk);
        size += chunk.length;
      }
      return { sha256: hash.digest("hex"), size };
    },
  };
  const again = await readPackage(bytesOf(await readFile(join(shop.root, "again.tar"))), sink);
  const packed = tarChunks(
    packageEntries(manifestText, entries, (digest) => bytesOf(readFileSync(shop.target.blobPath(digest)))),
  );
  expect(again).toEqual({ manifestText, entries });
  expect(await readPackage(packed, sink)).toEqual(again);
});

test("changing an extracted file leaves the store's content as it was", async () => {
  await using shop = await workshop();
  const entry = await shop.file("files/a", "store");
  await extractTree(ctx, { manifestText, entries: [entry] }, shop.target);
  await writeFile(join(shop.target.dir, "files/a"), "mine");
  expect(await readFile(shop.target.blobPath(entry.sha256 ?? ""), "utf8")).toBe("store");
});

test("an empty folder, also behind a link of the person's own, is taken and kept", async () => {
  await using shop = await workshop();
  const real = join(shop.root, "real");
  await mkdir(real, { mode: 0o700 });
  const before = await lstat(real);
  await symlink("real", join(shop.root, "alias"));
  const target = { ...shop.target, dir: join(shop.root, "alias") };
  await extractTree(ctx, { manifestText, entries: [await shop.file("a", "1")] }, target);
  expect(await readFile(join(real, "a"), "utf8")).toBe("1");
  expect((await lstat(real)).ino).toBe(before.ino);
});

test("a folder that holds anything is refused and left alone", async () => {
  await using shop = await workshop();
  await mkdir(shop.target.dir, { recursive: true });
  await writeFile(join(shop.target.dir, "mine"), "precious");
  const entries = [await shop.file("mine", "theirs")];
  await expect(extractTree(ctx, { manifestText, entries }, shop.target)).rejects.toMatchObject({ code: "EXISTS" });
  expect(await readdir(shop.target.dir)).toEqual(["mine"]);
  expect(await readFile(join(shop.target.dir, "mine"), "utf8")).toBe("precious");
});

test("what an interrupted extraction left is named", async () => {
  await using shop = await workshop();
  await mkdir(join(shop.target.dir, ".swcli-extract-0"), { recursive: true });
  await expect(extractTree(ctx, { manifestText, entries: [] }, shop.target)).rejects.toMatchObject({
    code: "EXISTS",
    hint: expect.stringContaining(".swcli-extract-0"),
  });
});

test("two extractions into one folder at once never mix", async () => {
  await using shop = await workshop();
  const one = [await shop.file("files/a", "1"), await shop.file("only-one", "1")];
  const two = [await shop.file("files/a", "2"), await shop.file("only-two", "2")];
  const results = await Promise.allSettled(
    [one, two].map((entries) => extractTree(ctx, { manifestText, entries }, shop.target)),
  );
  const winners = [one, two].filter((_, n) => results[n]?.status === "fulfilled");
  expect(winners.length).toBeLessThanOrEqual(1);
  for (const result of results) {
    if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "EXISTS" });
  }
  const expected = winners.flatMap((entries) => ["_manifest.yaml", "files", entries[1]?.path ?? ""]);
  expect((await readdir(shop.target.dir).catch(() => [])).sort()).toEqual(expected.sort());
});

describe("hostile entries write nothing, neither outside nor in the target", () => {
  const cases: [string, (outside: string) => TreeEntry[]][] = [
    ["a file through a link out", (outside) => [link("l", outside), folder("l/x")]],
    ["a file through a link inside", () => [link("l", "d"), folder("d"), folder("l/x")]],
    ["a link out alone", () => [link("l", "../../outside")]],
    ["a climbing name", () => [folder("../outside/x")]],
    ["a second manifest", () => [link("_manifest.yaml", "x")]],
  ];
  for (const [title, entries] of cases) {
    test(title, async () => {
      await using shop = await workshop();
      const content = { manifestText, entries: entries(shop.outside) };
      await expect(extractTree(ctx, content, shop.target)).rejects.toMatchObject({ code: "PACKAGE_INVALID" });
      expect(await readdir(shop.outside)).toEqual([]);
      await expect(lstat(shop.target.dir)).rejects.toMatchObject({ code: "ENOENT" });
    });
  }
});

describe("a failure leaves the folder as it was", () => {
  test("when a content is gone", async () => {
    await using shop = await workshop();
    const lost: TreeEntry = { path: "files/b", mode: 0o644, type: "file", size: 1, sha256: "00" };
    const entries = [await shop.file("files/a", "1"), lost];
    await expect(extractTree(ctx, { manifestText, entries }, shop.target)).rejects.toMatchObject({
      code: "STORE_DAMAGED",
      message: expect.stringContaining("files/b"),
    });
    await expect(lstat(shop.target.dir)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("when a content has another length", async () => {
    await using shop = await workshop();
    const entries = [{ ...(await shop.file("a", "12")), size: 3 }];
    await mkdir(shop.target.dir, { recursive: true });
    await expect(extractTree(ctx, { manifestText, entries }, shop.target)).rejects.toMatchObject({
      code: "STORE_DAMAGED",
    });
    expect(await readdir(shop.target.dir)).toEqual([]);
  });

  test("when it is cancelled", async () => {
    await using shop = await workshop();
    const signal = AbortSignal.abort();
    const entries = [await shop.file("a", "1")];
    await expect(extractTree({ signal }, { manifestText, entries }, shop.target)).rejects.toMatchObject({
      code: "CANCELLED",
    });
    await expect(lstat(shop.target.dir)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
