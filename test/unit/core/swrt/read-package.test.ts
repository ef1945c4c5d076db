import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageEntries, type TreeEntry } from "#core/swrt/package-tree.ts";
import { type PackageSink, readPackage } from "#core/swrt/read-package.ts";
import { readTar } from "#core/swrt/tar-reader.ts";
import { tarChunks } from "#core/swrt/tar-writer.ts";
import { bytesOf, joined } from "./archives.ts";
import { archive, pax } from "./hostile.ts";

const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

/** A sink that keeps contents by digest. */
function memorySink(): PackageSink & { blobs: Map<string, Buffer> } {
  const blobs = new Map<string, Buffer>();
  const file: PackageSink["file"] = async (_path, body) => {
    const data = await joined(body);
    blobs.set(sha256(data), data);
    return { sha256: sha256(data), size: data.length };
  };
  return { blobs, file };
}

const GOLDEN = join(import.meta.dir, "../../../fixtures/golden");

describe("packages of the Python client", () => {
  for (const name of ["g01-yaml-simple", "g02-yaml-full", "g03-yaml-nolock", "g06-docker"]) {
    const load = async () => {
      const dir = join(GOLDEN, name);
      const swrt = (await readdir(dir)).find((file) => file.endsWith(".swrt")) ?? "none";
      const listing = await readFile(join(dir, "tar-tvf.txt"), "utf8");
      return { bytes: await readFile(join(dir, swrt)), listing: listing.trimEnd().split("\n"), dir };
    };

    test(`${name} lists as GNU tar listed it`, async () => {
      const { bytes, listing } = await load();
      const ours: string[] = [];
      for await (const { path, mode, type, size } of readTar(bytesOf(bytes, 777))) {
        ours.push(`${type} ${mode.toString(8)} ${size} ${path}`);
      }
      expect(ours).toEqual(listing.map(plainRow).filter((row) => !row.endsWith(" /")));
    });

    test(`${name} gives its manifest byte for byte and all its entries`, async () => {
      const { bytes, listing, dir } = await load();
      const { manifestText, entries } = await readPackage(bytesOf(bytes), memorySink());
      expect(manifestText).toBe(await readFile(join(dir, "_manifest.yaml"), "utf8"));
      expect(entries.length).toBe(listing.length - 2);
    });

    test(`${name} packed again and read again is the same, with the contents unchanged`, async () => {
      const sink = memorySink();
      const { bytes } = await load();
      const first = await readPackage(bytesOf(bytes), sink);
      const open = (digest: string) => bytesOf(sink.blobs.get(digest) ?? "lost");
      const again = tarChunks(packageEntries(first.manifestText, first.entries, open));
      expect(await readPackage(again, memorySink())).toEqual(first);
    });
  }

  /** `-rw-r--r-- root/root 120 2026-11-22 00:40 name` as type, mode, size and name. */
  function plainRow(row: string): string {
    const [, kind = "", bits = "", size, name = ""] = /^(.)(.{9}) \S+ +(\d+) \S+ \S+ (.*)$/.exec(row) ?? [];
    const digit = (three: string) =>
      [..."rwx"].reduce((sum, letter, at) => sum + (three[at] === letter ? 4 >> at : 0), 0);
    const mode = [bits.slice(0, 3), bits.slice(3, 6), bits.slice(6)].map(digit).join("");
    return `${kind === "d" ? "dir" : "file"} ${mode} ${size} ${kind === "d" && name !== "/" ? name.slice(0, -1) : name}`;
  }
});

test("a package whose tar has no folders gets them", async () => {
  const bytes = archive({ name: "wheels/b", body: "b" }, { name: "_manifest.yaml", body: "version: x\n" });
  const { entries } = await readPackage(bytesOf(bytes), memorySink());
  expect(entries).toEqual([
    { path: "wheels", mode: 0o755, type: "dir", size: 0 },
    { path: "wheels/b", mode: 0o644, type: "file", size: 1, sha256: sha256(Buffer.from("b")) },
  ] satisfies TreeEntry[]);
});

describe("what is no package", () => {
  const manifest = { name: "_manifest.yaml", body: "version: x\n" };
  const cases: [string, Uint8Array, string][] = [
    ["no manifest", archive({ name: "runtime.yaml", body: "x" }), "has no _manifest.yaml"],
    ["a manifest in a folder only", archive({ name: "files/_manifest.yaml", body: "x" }), "has no _manifest.yaml"],
    ["two manifests", archive(manifest, { ...manifest, name: "./_manifest.yaml" }), "twice"],
    ["a manifest that is a link", archive({ name: "_manifest.yaml", type: "2", link: "a" }), "symlink, not a file"],
    ["a folder of that name", archive({ name: "_manifest.yaml/a" }), "_manifest.yaml"],
    ["an empty manifest", archive({ name: "_manifest.yaml" }), "empty"],
    [
      "a manifest over 1 MiB",
      archive({ name: "_manifest.yaml", body: Buffer.alloc(1024 * 1024 + 1, 32) }),
      "too large",
    ],
    ["a manifest that is not text", archive({ name: "_manifest.yaml", body: Buffer.from([0xff]) }), "not UTF-8"],
    ["a hostile member after good ones", archive(manifest, { name: "../x" }), "`..`"],
    ["a cut end", archive(manifest).subarray(0, 1024), "cut off"],
    ["a link that leaves, by pax", archive(manifest, pax("linkpath", "/x"), { name: "l", type: "2" }), "leaves"],
  ];
  for (const [title, bytes, message] of cases) {
    test(`${title} is refused`, async () => {
      await expect(readPackage(bytesOf(bytes), memorySink())).rejects.toMatchObject({
        code: "PACKAGE_INVALID",
        message: expect.stringContaining(message),
      });
    });
  }
});

test("a sink that fails stops the reading with its own error", async () => {
  const full: PackageSink = { file: () => Promise.reject(Object.assign(new Error("no space"), { code: "ENOSPC" })) };
  const bytes = archive({ name: "_manifest.yaml", body: "x" }, { name: "a", body: "y" });
  await expect(readPackage(bytesOf(bytes), full)).rejects.toThrow("no space");
});

test("a sink that reads only half a file is noticed", async () => {
  const half: PackageSink = { file: async () => ({ sha256: "aa", size: 0 }) };
  const bytes = archive({ name: "_manifest.yaml", body: "x" }, { name: "a", body: "y" });
  await expect(readPackage(bytesOf(bytes), half)).rejects.toThrow("the sink took 0 of the 1 bytes of a");
});

test("200 MB stream through writer and reader within 80 MB of memory", async () => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "stream-large.ts")], { stdout: "pipe" });
  const { size, grownBytes } = JSON.parse(await child.stdout.text());
  expect(await child.exited).toBe(0);
  expect(size).toBe(200_000_000);
  expect(grownBytes).toBeLessThan(80 * 1024 * 1024);
});
