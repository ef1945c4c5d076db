import { expect, test } from "bun:test";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { layersFor, writeLayer } from "#core/docker/layer.ts";
import { cachedLayerPath } from "#core/docker/layer-cache.ts";
import { fileEntry, folderEntry, layerEntries, linkEntry, textEntry } from "#core/docker/layer-entry.ts";
import { layerNames } from "#core/docker/layer-names.ts";
import { plainEntry } from "#core/docker/layer-writer.ts";
import type { TarEntry } from "#core/swrt/tar-writer.ts";
import { storeHome } from "../store/store-home.ts";

// Larger than one piece of the compressor, and cut into chunks of odd sizes.
const LARGE = "0123456789abcdef".repeat(150_000);

const entries = (chunk: number): TarEntry[] => {
  const bytes = new TextEncoder().encode(LARGE);
  async function* open() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const large: TarEntry = { path: "opt/large", mode: 0o644, type: "file", size: bytes.length, open };
  return layerEntries([large, textEntry("/usr/bin/python3.11", "x", 0o755)]);
};

test("a layer is the same bytes however its files were read, and the digests are those of the bytes", async () => {
  await using home = await storeHome();
  const one = await writeLayer(home.ctx, entries(1000), "gzip");
  const two = await writeLayer(home.ctx, entries(700_001), "gzip");
  expect(two).toEqual(one);
  const packed = await Bun.file(cachedLayerPath(home.ctx, one.digest)).bytes();
  const hex = (data: Uint8Array) => `sha256:${new Bun.CryptoHasher("sha256").update(data).digest("hex")}`;
  expect([hex(packed), packed.length]).toEqual([one.digest, one.size]);
  expect(hex(gunzipSync(packed))).toBe(one.diffId);
});

test("gzip and zstd hold the same tar, and the names in it are read back from both", async () => {
  await using home = await storeHome();
  const gzip = await writeLayer(home.ctx, entries(5000), "gzip");
  const zstd = await writeLayer(home.ctx, entries(5000), "zstd");
  expect(zstd.diffId).toBe(gzip.diffId);
  expect(zstdDecompressSync(await Bun.file(cachedLayerPath(home.ctx, zstd.digest)).bytes()).length).toBeGreaterThan(
    2_400_000,
  );
  for (const layer of [gzip, zstd]) {
    const names = await layerNames(Bun.file(cachedLayerPath(home.ctx, layer.digest)).stream(), layer.mediaType);
    expect(names).toEqual([{ path: "usr/bin/python3.11" }]);
  }
});

test("a known key makes nothing; a blob that has gone is made again", async () => {
  await using home = await storeHome();
  let made = 0;
  const get = async (key: unknown) =>
    await layersFor(home.ctx, { title: "t", key, compression: "gzip" }, async () => {
      made += 1;
      return [entries(5000), []];
    });
  const first = await get({ lock: "a" });
  expect(first).toHaveLength(1);
  expect(await get({ lock: "a" })).toEqual(first);
  expect(made).toBe(1);
  await Bun.file(cachedLayerPath(home.ctx, first[0]?.digest ?? "")).delete();
  expect(await get({ lock: "a" })).toEqual(first);
  await get({ lock: "b" });
  expect(made).toBe(3);
});

test("a damaged or cut layer of a base is an error, not an end", async () => {
  await using home = await storeHome();
  const layer = await writeLayer(home.ctx, entries(5000), "gzip");
  const bytes = await Bun.file(cachedLayerPath(home.ctx, layer.digest)).bytes();
  const cut = new Blob([bytes.slice(0, 3000)]).stream();
  await expect(layerNames(cut, layer.mediaType)).rejects.toMatchObject({ code: "IMAGE_FAILED" });
  async function* broken() {
    yield bytes.subarray(0, 3000);
    throw new Error("connection lost");
  }
  await expect(layerNames(broken(), layer.mediaType)).rejects.toThrow();
});

test("a process of its own packs the same bytes, and says what is wrong with an entry", async () => {
  await using home = await storeHome();
  const source = await home.write("large", LARGE);
  const file = { source, size: LARGE.length, mode: 0o755 };
  const entries = layerEntries([
    fileEntry("/opt/a", file),
    textEntry("/opt/b", "text ü"),
    textEntry("/opt/run", "#!/bin/sh\n", 0o755),
    linkEntry("/opt/c", "b"),
  ]);
  const pack = async (over: object[]) => {
    const path = join(home.dir, `packed-${over.length}`);
    const job = { path, compression: "gzip", entries: [...entries.map(plainEntry), ...over] };
    const main = join(import.meta.dir, "../../../../cli/main.ts");
    const child = Bun.spawn([process.execPath, main, "__pack"], {
      stdin: Buffer.from(JSON.stringify(job)),
      stdout: "pipe",
    });
    return { said: await child.stdout.json(), code: await child.exited, path };
  };
  const here = await writeLayer(home.ctx, entries, "gzip");
  const there = await pack([]);
  expect(there).toMatchObject({ said: here, code: 0 });
  expect(await Bun.file(there.path).bytes()).toEqual(await Bun.file(cachedLayerPath(home.ctx, here.digest)).bytes());
  const shorter = await pack([{ path: "opt/z", mode: 0o644, type: "file", size: LARGE.length + 1, source }]);
  expect(shorter).toMatchObject({ said: { code: "PACKAGE_INVALID" }, code: 1 });
});

test("what only this process can make is packed here", () => {
  const made = { ...fileEntry("/opt/a", { source: "/x", size: 1, mode: 0o644 }), from: undefined };
  expect(plainEntry(made)).toBeUndefined();
  expect(plainEntry(folderEntry("/opt"))).toEqual({ path: "opt", mode: 0o755, type: "dir", size: 0 });
});
