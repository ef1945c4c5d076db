import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { lstat, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { parseTar } from "nanotar";
import { type TarEntry, tarChunks, tarSize } from "#core/swrt/tar-writer.ts";
import {
  bytesOf,
  dir,
  file,
  joined,
  listedByPython,
  namesByGnuTar,
  output,
  randomTree,
  symlink,
  tempDir,
} from "./archives.ts";

const packed = (entries: TarEntry[], options?: { mtime?: number }) => joined(tarChunks(entries, options));
const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");
const stored = (entry: TarEntry) => (entry.type === "dir" ? `${entry.path}/` : entry.path);

async function seenByPython(entries: TarEntry[]) {
  return Promise.all(
    entries.map(async (entry) => ({
      path: entry.path,
      type: entry.type,
      mode: entry.mode,
      size: entry.size,
      link: entry.link ?? "",
      mtime: 0,
      owner: "0:0::",
      sha256: entry.open === undefined ? "" : sha256(await joined(entry.open())),
    })),
  );
}

describe("random trees", () => {
  for (let seed = 1; seed <= 12; seed++) {
    test(`tree ${seed}: size foretold, same twice, read alike by Python and GNU tar`, async () => {
      const entries = randomTree(seed);
      const archive = await packed(entries);
      expect(archive.length).toBe(tarSize(entries));
      expect(archive.length % 10_240).toBe(0);
      expect(sha256(await packed(entries))).toBe(sha256(archive));
      expect(await listedByPython(archive)).toEqual(await seenByPython(entries));
      expect(namesByGnuTar(archive)).toEqual(entries.map(stored));
    });
  }
});

describe("names", () => {
  const typeFlags = (archive: Buffer) => String.fromCharCode(archive[156]!);
  const of = (length: number, folder: number) => `${"d".repeat(folder)}/${"f".repeat(length - folder - 1)}`;
  const cases: [string, string, string][] = [
    ["100 bytes stay in the name field", "n".repeat(100), "0"],
    ["101 bytes without a slash need pax", "n".repeat(101), "x"],
    ["a prefix of 155 and a name of 100 fit ustar", of(256, 155), "0"],
    ["a prefix of 156 needs pax", of(257, 156), "x"],
    ["a name part of 101 needs pax", of(202, 100), "x"],
    ["one non-ASCII letter needs pax", "wheels/é.whl", "x"],
    ["a control character does not", "a\nb", "0"],
  ];
  for (const [title, path, flag] of cases) {
    test(title, async () => {
      const archive = await packed([file(path, "x")]);
      expect(typeFlags(archive)).toBe(flag);
      expect((await listedByPython(archive)).map((m) => m.path)).toEqual([path]);
      expect(archive.length).toBe(tarSize([file(path, "x")]));
    });
  }

  test("a pax record whose length grows by a digit counts that digit", async () => {
    const paths = Array.from({ length: 60 }, (_, n) => `é${"p".repeat(75 + n)}`);
    const archive = await packed(paths.map((path) => file(path)));
    expect((await listedByPython(archive)).map((m) => m.path)).toEqual(paths);
  });

  test("a folder whose only slash is its own trailing one keeps its name", async () => {
    const path = "d".repeat(120);
    const archive = await packed([dir(path), file(`${path}/a`, "1")]);
    expect(namesByGnuTar(archive)).toEqual([`${path}/`, `${path}/a`]);
    expect((await listedByPython(archive)).map((m) => m.path)).toEqual([path, `${path}/a`]);
    expect(typeFlags(archive)).toBe("x");
  });

  test("a path that no reader of ours would take is refused before a byte is written", async () => {
    for (const path of ["/etc/passwd", "../x", "a/../../b", "", ".", "a\0b", "\ud800", "C:\\x", "a\\..\\..\\x"]) {
      expect(() => tarSize([file(path)])).toThrow(expect.objectContaining({ code: "PACKAGE_INVALID" }));
      await expect(packed([file(path)])).rejects.toMatchObject({ code: "PACKAGE_INVALID" });
    }
  });
});

test("GNU tar extracts content, modes and links", async () => {
  await using temp = await tempDir();
  const entries = [
    dir("files"),
    file("files/run.sh", "#!/bin/sh\n", 0o755),
    file("files/plain", "p"),
    symlink("files/link", "run.sh"),
    symlink("files/long", `${"t".repeat(120)}/é`),
  ];
  output(["tar", "-xpf", "-", "-C", temp.path], await packed(entries));
  const at = (name: string) => join(temp.path, "files", name);
  expect((await lstat(at("run.sh"))).mode & 0o777).toBe(0o755);
  expect((await lstat(at("plain"))).mode & 0o777).toBe(0o644);
  expect(await readFile(at("link"), "utf8")).toBe("#!/bin/sh\n");
  expect(await readlink(at("long"))).toBe(`${"t".repeat(120)}/é`);
  expect((await lstat(at("plain"))).mtimeMs).toBe(0);
});

test("nanotar reads the same small archive", async () => {
  const archive = await packed([dir("files"), file("files/a", "one"), file("b", "")]);
  expect(parseTar(new Uint8Array(archive).buffer).map((f) => [f.name, f.text])).toEqual([
    ["files/", ""],
    ["files/a", "one"],
    ["b", ""],
  ]);
});

test("a given epoch is every member's time and changes nothing else", async () => {
  const archive = await packed([file("a", "x"), file("é", "y")], { mtime: 1_700_000_000 });
  expect((await listedByPython(archive)).map((m) => m.mtime)).toEqual([1_700_000_000, 1_700_000_000]);
  expect(archive.length).toBe(tarSize([file("a", "x"), file("é", "y")]));
});

test("8 GiB and more get a pax size, one byte less does not", () => {
  const of = (size: number) => tarSize([{ path: "big", mode: 0o644, type: "file", size }]);
  const limit = 8 * 1024 ** 3;
  const record = (bytes: number) => Math.ceil(bytes / 10_240) * 10_240;
  expect(of(limit - 512)).toBe(record(512 + limit - 512 + 1024));
  expect(of(limit)).toBe(record(512 + 512 + 512 + limit + 1024));
});

test("a file that gives another length than announced fails and names the file", async () => {
  const lying = (size: number): TarEntry => ({ ...file("files/a"), size, open: () => bytesOf("12345") });
  for (const size of [4, 6, 0]) {
    await expect(packed([lying(size)])).rejects.toMatchObject({
      code: "PACKAGE_INVALID",
      message: expect.stringContaining("files/a"),
    });
  }
});

test("chunks stay between 64 KiB and 1 MiB whatever the files give", async () => {
  const many = Array.from({ length: 500 }, (_, n) => file(`small/${n}`, "x".repeat(n)));
  const sizes: number[] = [];
  for await (const chunk of tarChunks([...many, file("big", Buffer.alloc(3_000_000))])) sizes.push(chunk.length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
  expect(sizes.filter((size) => size < 64 * 1024).length).toBeLessThan(sizes.length / 3);
});

test("an archive of nothing is one empty record", async () => {
  expect(await packed([])).toEqual(Buffer.alloc(10_240));
  expect(tarSize([])).toBe(10_240);
});
