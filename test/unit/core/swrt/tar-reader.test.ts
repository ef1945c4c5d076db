import { describe, expect, test } from "bun:test";
import { chmod, symlink as makeSymlink, mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readTar } from "#core/swrt/tar-reader.ts";
import { tarChunks } from "#core/swrt/tar-writer.ts";
import { bytesOf, dir, file, joined, output, randomTree, symlink, tempDir } from "./archives.ts";
import { archive, byPython, END, member, pax, seal } from "./hostile.ts";

interface Read {
  path: string;
  type: string;
  mode: number;
  size: number;
  link?: string;
  data: string;
}

async function read(bytes: Uint8Array, step?: number): Promise<Read[]> {
  const rows: Read[] = [];
  for await (const { body, ...facts } of readTar(bytesOf(bytes, step))) {
    rows.push({ ...facts, data: (await joined(body)).toString("latin1") });
  }
  return rows;
}

const names = async (bytes: Uint8Array) => (await read(bytes)).map((row) => row.path);
const refused = (bytes: Uint8Array, message: string | RegExp) =>
  expect(read(bytes)).rejects.toMatchObject({
    code: "PACKAGE_INVALID",
    message: typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
  });

describe("what we write is read back", () => {
  for (let seed = 21; seed <= 32; seed++) {
    test(`tree ${seed}, in chunks of every size`, async () => {
      const entries = randomTree(seed);
      const expected = await Promise.all(
        entries.map(async ({ open, ...facts }) => ({
          ...facts,
          data: open === undefined ? "" : (await joined(open())).toString("latin1"),
        })),
      );
      const bytes = await joined(tarChunks(entries));
      for (const step of [512, 1000, 65_536, 10_000_000]) expect(await read(bytes, step)).toEqual(expected);
    });
  }
});

describe("archives of other tools", () => {
  const long = `${"d".repeat(90)}/${"é".repeat(60)}/${"n".repeat(120)}`;

  test("the root entry of the Python client and leading ./ are accepted", async () => {
    const python = await byPython(
      `add("", type=tarfile.DIRTYPE, mode=0o755, mtime=1.5)\nadd("./a", b"1")\nadd("./d/", type=tarfile.DIRTYPE)`,
    );
    expect(await names(python)).toEqual(["a", "d"]);
    for (const root of ["/", "./", "."]) {
      expect(await names(archive({ name: root, type: "5" }, { name: ".//x" }))).toEqual(["x"]);
    }
  });

  for (const format of ["PAX_FORMAT", "GNU_FORMAT"]) {
    test(`Python's ${format}: long and unicode names and links`, async () => {
      const bytes = await byPython(
        `add("${long}", b"x", mtime=1.25)\nadd("l", type=tarfile.SYMTYPE, linkname="${long}")\nadd("${long}2", b"y")`,
        format,
      );
      const rows = await read(bytes);
      expect(rows.map((row) => [row.path, row.link, row.data])).toEqual([
        [long, undefined, "x"],
        ["l", long, ""],
        [`${long}2`, undefined, "y"],
      ]);
    });
  }

  for (const format of ["gnu", "pax", "ustar", "v7"]) {
    test(`GNU tar --format=${format}`, async () => {
      await using temp = await tempDir();
      const deep = format === "v7" ? "b" : `${"e".repeat(80)}/${"f".repeat(90)}`;
      await mkdir(join(temp.path, "t", deep), { recursive: true });
      await writeFile(join(temp.path, "t", deep, "run"), "#!", { mode: 0o755 });
      await chmod(join(temp.path, "t", deep, "run"), 0o755);
      await makeSymlink("run", join(temp.path, "t", deep, "link"));
      output(["tar", `--format=${format}`, "--sort=name", "-cf", join(temp.path, "a.tar"), "-C", temp.path, "./t"]);
      const rows = await read(await readFile(join(temp.path, "a.tar")));
      expect(rows.slice(-2).map((row) => [row.path, row.type, row.link, row.data])).toEqual([
        [`t/${deep}/link`, "symlink", "run", ""],
        [`t/${deep}/run`, "file", undefined, "#!"],
      ]);
      expect(rows.at(-1)?.mode).toBe(0o755);
    });
  }

  test("a pax name cut within a letter in the old field counts only as pax says", async () => {
    const broken = member({ name: "x", body: "1" });
    broken[0] = 0xc3;
    expect(await names(Buffer.concat([member(pax("path", "whole")), seal(broken), END]))).toEqual(["whole"]);
  });

  test("a size in base 256 and a pax size are read", async () => {
    const base256 = Buffer.alloc(12);
    base256[0] = 0x80;
    base256[11] = 3;
    expect((await read(archive({ name: "a", body: "abc", size: base256 })))[0]?.data).toBe("abc");
    expect((await read(archive(pax("size", "3"), { name: "a", body: "abc", size: "0" })))[0]?.data).toBe("abc");
  });

  test("a global header with a comment only, as git archive writes it, is passed over", async () => {
    expect(await names(archive(pax("comment", "0123", "g"), { name: "a" }))).toEqual(["a"]);
  });

  test("set-id bits are dropped", async () => {
    expect((await read(archive({ name: "a", mode: "0006755" })))[0]?.mode).toBe(0o755);
  });
});

describe("damage", () => {
  const sound = () => joined(tarChunks([dir("d"), file("d/a", "x".repeat(700)), file("b", "y")]));

  test("an archive cut at any block is refused as cut off", async () => {
    const bytes = await sound();
    // d, d/a and its two blocks, b and its block: six blocks, and two that end the archive.
    for (let blocks = 0; blocks < 8; blocks++) await refused(bytes.subarray(0, blocks * 512), "cut off");
    expect(await names(bytes.subarray(0, 8 * 512))).toEqual(["d", "d/a", "b"]);
  });

  test("an archive cut within a header, a body or padding is refused as cut off", async () => {
    const bytes = await sound();
    for (const length of [612, 1030, 1600, 2200, 3000, 3600]) await refused(bytes.subarray(0, length), "cut off");
  });

  test("the member is named when its body is short", async () => {
    await refused((await sound()).subarray(0, 1100), /cut off within "d\/a"/);
  });

  test("a changed header bit is noticed", async () => {
    const bytes = await sound();
    for (const at of [0, 124, 156, 512, 512 + 100]) {
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ 1;
      await refused(changed, /damaged after|wrong checksum/);
    }
  });

  test("extended headers at the end of the archive describe nothing", async () => {
    await refused(archive(pax("path", "x")), "cut off");
  });

  test("an empty block between members, or a second archive after the end, is refused", async () => {
    const one = member({ name: "a" });
    await refused(Buffer.concat([one, Buffer.alloc(512), one, END]), "empty block");
    await refused(Buffer.concat([one, END, one, END]), "goes on after its end");
  });

  test("gzip and other compression is named, also when the file is tiny", async () => {
    await refused(gzipSync(await sound()), "gzip");
    await refused(gzipSync(Buffer.alloc(0)), "gzip");
    await refused(Bun.zstdCompressSync(await sound()), "zstd");
    await refused(Buffer.from("BZh91AY&SY"), "bzip2");
    await refused(Buffer.from("PK\x03\x04"), "zip");
  });

  test("something that is no tar at all says so", async () => {
    await refused(Buffer.from("<html>".repeat(200)), "no tar archive");
    await refused(Buffer.from("{}"), "no tar archive");
    await refused(Buffer.alloc(0), "cut off");
  });
});

describe("hostile members", () => {
  const cases: [string, Uint8Array, string | RegExp][] = [
    ["absolute name", archive({ name: "/etc/passwd" }), /"\/etc\/passwd".*absolute/],
    ["climbing name", archive({ name: "a/../../b" }), /"a\/\.\.\/\.\.\/b".*`\.\.`/],
    ["climbing folder", archive({ name: "..", type: "5" }), "`..`"],
    ["climbing through the prefix field", archive({ name: "x", prefix: ".." }), "`..`"],
    ["climbing by pax path", archive(pax("path", "../x"), { name: "fine" }), "`..`"],
    ["climbing by GNU long name", archive({ name: "L", type: "L", body: "../x\0" }, { name: "fine" }), "`..`"],
    ["NUL in a pax path", archive(pax("path", "a\0b"), { name: "fine" }), "NUL"],
    ["no name", archive({ name: "" }), "no name"],
    ["backslash climbing", archive({ name: "a\\..\\..\\b" }), "`..`"],
    ["backslash absolute", archive({ name: "\\\\host\\share" }), "absolute"],
    ["drive letter", archive({ name: "C:\\x" }), "absolute"],
    ["a name longer than can exist", archive(pax("path", "p/".repeat(2100)), { name: "x" }), "too long"],
    ["the same name twice", archive({ name: "a" }, { name: "a" }), /"a".*twice/],
    ["the same name twice, spelled differently", archive({ name: "d/a" }, { name: "./d//a" }), /"d\/a".*twice/],
    ["two roots", archive({ name: "/", type: "5" }, { name: "./", type: "5" }), "twice"],
    ["a file as root", archive({ name: "/" }), "named as a folder"],
    ["a file named as a folder", archive({ name: "a/" }), "named as a folder"],
    ["a file below a file", archive({ name: "a" }, { name: "a/b" }), /"a\/b".*below a file/],
    ["a file in a folder's place", archive({ name: "a/b" }, { name: "a" }), /"a".*both/],
    ["hard link", archive({ name: "h", type: "1", link: "a" }), /"h".*hard link/],
    ["character device", archive({ name: "c", type: "3" }), /"c".*device/],
    ["block device", archive({ name: "c", type: "4" }), /"c".*device/],
    ["fifo", archive({ name: "f", type: "6" }), /"f".*pipe/],
    ["GNU sparse", archive({ name: "s", type: "S" }), /"s".*sparse/],
    ["pax sparse", archive(pax("GNU.sparse.major", "1"), { name: "s" }), "sparse"],
    ["unknown kind", archive({ name: "v", type: "V" }), /"v".*kind/],
    ["folder with content", archive({ name: "d", type: "5", body: "x" }), "with content"],
    ["negative size", archive({ name: "n", size: Buffer.alloc(12, 0xff) }), /"n".*impossible size/],
    [
      "size of petabytes",
      archive({ name: "n", size: Buffer.from([0x80, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0]) }),
      "impossible",
    ],
    ["pax size of petabytes", archive(pax("size", "9".repeat(16)), { name: "n" }), "impossible size"],
    ["pax size that is no number", archive(pax("size", "-1"), { name: "n" }), "impossible size"],
    ["size with letters", archive({ name: "n", size: "12x" }), /"n".*number/],
    ["an endless long name", archive({ name: "L", type: "L", size: "77777777777" }), "extended header of"],
    ["pax record that overruns", archive({ name: "p", type: "x", body: "99 path=x\n" }, { name: "a" }), "pax header"],
    ["pax record of length 0", archive({ name: "p", type: "x", body: "0 path=x\n" }, { name: "a" }), "pax header"],
    ["two pax headers", archive(pax("path", "a"), pax("path", "b"), { name: "c" }), "two extended headers"],
    [
      "pax and GNU name",
      archive(pax("path", "a"), { name: "L", type: "L", body: "b" }, { name: "c" }),
      "two long names",
    ],
    ["global path", archive(pax("path", "a", "g"), { name: "c" }), "global header"],
    [
      "a name that is not UTF-8",
      Buffer.concat([seal(Buffer.from(member({ name: "x" }).fill(0xff, 0, 1))), END]),
      "UTF-8",
    ],
  ];
  for (const [title, bytes, message] of cases) test(title, () => refused(bytes, message));

  const link = (name: string, target: string) => ({ name, type: "2", link: target });
  const linkCases: [string, Uint8Array][] = [
    ["to an absolute path", archive(link("l", "/etc"))],
    ["above the root", archive(link("l", ".."))],
    ["above the root from a folder", archive(link("d/l", "../../x"))],
    ["out and in again", archive(link("l", "../root/x"))],
    ["by pax linkpath", archive(pax("linkpath", "../x"), link("l", "a"))],
    ["by GNU long link", archive({ name: "K", type: "K", body: "../x\0" }, link("l", "a"))],
    ["by backslashes", archive(link("l", "..\\..\\x"))],
    ["through another link before it", archive(link("x/up", ".."), link("m", "x/up/../secret"))],
    ["through another link after it", archive(link("m", "x/up/../secret"), link("x/up", ".."))],
    ["through a chain", archive(link("a/b/c", "../.."), link("d", "a/b/c"), link("e", "d/.."))],
  ];
  for (const [title, bytes] of linkCases)
    test(`a symlink that leaves ${title}`, () => refused(bytes, "leaves the package"));

  test("members below a symlink are refused, in either order", async () => {
    await refused(archive(link("l", "d"), { name: "l/x" }), /"l\/x".*below a symlink/);
    await refused(archive({ name: "l/x" }, link("l", "d")), /"l".*both/);
  });

  test("links in circles are refused quickly", async () => {
    await refused(archive(link("a", "b"), link("b", "a")), "never ends");
    await refused(archive(link("a", "a/".repeat(45))), "never ends");
  });

  test("links that stay inside are read", async () => {
    const good = archive(link("d/l", "../e/f"), link("up", "d/.."), link("dangling", "nowhere"), link("m", "d/l"));
    expect((await read(good)).map((row) => row.link)).toEqual(["../e/f", "d/..", "nowhere", "d/l"]);
  });

  test("a backslash in a name that goes nowhere is an ordinary letter", async () => {
    expect(await names(archive({ name: "dev\\x2ddisk" }))).toEqual(["dev\\x2ddisk"]);
  });
});

describe("reading in steps", () => {
  test("bodies that nobody reads, or reads in part, are passed over", async () => {
    const bytes = await joined(
      tarChunks([file("a", "x".repeat(5000)), file("b", "y".repeat(5000)), symlink("c", "a")]),
    );
    const seen: string[] = [];
    for await (const tar of readTar(bytesOf(bytes, 700))) {
      seen.push(tar.path);
      if (tar.path === "b") for await (const _ of tar.body) break;
    }
    expect(seen).toEqual(["a", "b", "c"]);
  });

  test("stopping early lets the source go", async () => {
    let closed = false;
    async function* source() {
      try {
        yield* tarChunks([file("a", "1"), file("b", "2")]);
      } finally {
        closed = true;
      }
    }
    for await (const _ of readTar(source())) break;
    expect(closed).toBe(true);
  });

  test("an error of the source comes through as it is", async () => {
    async function* source() {
      yield member({ name: "a", body: "x" }).subarray(0, 512);
      throw new Error("connection reset");
    }
    const reading = (async () => {
      for await (const tar of readTar(source())) await joined(tar.body);
    })();
    await expect(reading).rejects.toThrow("connection reset");
  });

  test("reading writes nothing", async () => {
    await using temp = await tempDir();
    const before = process.cwd();
    process.chdir(temp.path);
    try {
      await read(archive({ name: "a", body: "x" }, { name: "d", type: "5" }));
    } finally {
      process.chdir(before);
    }
    expect(await readdir(temp.path)).toEqual([]);
  });
});

test("a file that GNU tar stored as sparse is refused with the way out", async () => {
  await using temp = await tempDir();
  await writeFile(join(temp.path, "hole"), "x");
  await truncate(join(temp.path, "hole"), 4_000_000);
  for (const format of ["gnu", "pax"]) {
    const path = join(temp.path, `${format}.tar`);
    output(["tar", `--format=${format}`, "--sparse", "-cf", path, "-C", temp.path, "hole"]);
    await refused(await readFile(path), "sparse");
  }
});
