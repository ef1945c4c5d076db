import { expect, test } from "bun:test";
import { utimesSync, writeFileSync } from "node:fs";
import { chmod, readdir, readFile, rm, stat } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import {
  blobPath,
  fileDigest,
  hasBlob,
  ingestPath,
  openBlob,
  publishIngest,
  putBlobBytes,
  putBlobFile,
  putBlobStream,
  readBlobText,
} from "#core/store/blobs.ts";
import { storeHome } from "./store-home.ts";

const read = async (ctx: Ctx, digest: string) => Buffer.concat(await Array.fromAsync(openBlob(ctx, digest)));
async function* pieces(...texts: string[]) {
  for (const text of texts) yield new TextEncoder().encode(text);
}

test("bytes, a file and a stream of one content are one read-only file, named by its digest", async () => {
  await using home = await storeHome();
  const expected = { sha256: sha256Hex("content ü"), size: 10 };
  const path = await home.write("f", "content ü");
  await chmod(path, 0o755);
  expect(await putBlobStream(home.ctx, pieces("con", "", "tent ü"))).toEqual(expected);
  const first = await stat(blobPath(home.ctx, expected.sha256));
  expect(await putBlobFile(home.ctx, path)).toEqual(expected);
  expect(await putBlobBytes(home.ctx, "content ü")).toEqual(expected);
  const again = await stat(blobPath(home.ctx, expected.sha256));
  expect([again.ino, again.mtimeMs, again.mode & 0o777]).toEqual([first.ino, first.mtimeMs, 0o444]);
  expect((await read(home.ctx, expected.sha256)).toString()).toBe("content ü");
  expect(await readdir(home.ctx.paths.ingest)).toEqual([]);
});

test.each<[string, (ctx: Ctx, path: string) => Promise<unknown>]>([
  ["a file", (ctx, path) => putBlobFile(ctx, path)],
  ["bytes", (ctx) => putBlobBytes(ctx, "content")],
  ["a stream", (ctx) => putBlobStream(ctx, pieces("content"))],
])("what the store has is never written again, put as %s", async (_what, put) => {
  await using home = await storeHome();
  const path = await home.write("f", "content");
  await put(home.ctx, path);
  const before = await stat(blobPath(home.ctx, sha256Hex("content")), { bigint: true });
  await put(home.ctx, path);
  const after = await stat(blobPath(home.ctx, sha256Hex("content")), { bigint: true });
  expect([after.ino, after.mtimeNs, after.ctimeNs]).toEqual([before.ino, before.mtimeNs, before.ctimeNs]);
});

test("ten operations that put one content at once leave one whole file", async () => {
  await using home = await storeHome();
  const text = "x".repeat(1_000_000);
  const path = await home.write("f", text);
  const puts = Array.from({ length: 10 }, (_, i) =>
    i % 2 ? putBlobFile(home.ctx, path) : putBlobStream(home.ctx, pieces(text)),
  );
  const digests = (await Promise.all(puts)).map(({ sha256 }) => sha256);
  expect(new Set(digests)).toEqual(new Set([sha256Hex(text)]));
  expect((await read(home.ctx, sha256Hex(text))).toString()).toBe(text);
  expect(await readdir(home.ctx.paths.ingest)).toEqual([]);
});

test("a stream that breaks off publishes nothing and leaves nothing", async () => {
  await using home = await storeHome();
  async function* broken() {
    yield new TextEncoder().encode("half");
    throw new Error("connection lost");
  }
  await expect(putBlobStream(home.ctx, broken())).rejects.toThrow("connection lost");
  expect(await hasBlob(home.ctx, sha256Hex("half"))).toBe(false);
  expect(await home.stored()).toEqual([]);
});

test("a file that changes after it was looked at is stored under the digest of the bytes that were copied", async () => {
  await using home = await storeHome();
  const path = await home.write("f", "before");
  // As if it changed between the look and the copy: what is remembered of the file says another content.
  const s = await stat(path, { bigint: true });
  const key = `${s.size}:${s.mtimeNs}:${s.ctimeNs}:${s.ino}:${s.dev}`;
  home.ctx.memo.set(`digest:${path}`, { key, blob: { sha256: sha256Hex("another"), size: 7 } });
  const blob = await putBlobFile(home.ctx, path);
  expect(blob).toEqual({ sha256: sha256Hex("before"), size: 6 });
  expect(await hasBlob(home.ctx, sha256Hex("another"))).toBe(false);
  expect(await readBlobText(home.ctx, blob.sha256)).toBe("before");
});

test("an ingested file is taken as it is, unless the store has it", async () => {
  await using home = await storeHome();
  for (const text of ["one", "one"]) {
    const temp = await ingestPath(home.ctx);
    writeFileSync(temp, text);
    await publishIngest(home.ctx, temp, { sha256: sha256Hex(text), size: 3 });
  }
  expect(await readBlobText(home.ctx, sha256Hex("one"))).toBe("one");
});

test("content that the store has lost is said with the way to bring it back", async () => {
  await using home = await storeHome();
  const { sha256 } = await putBlobBytes(home.ctx, "content");
  await rm(blobPath(home.ctx, sha256));
  for (const ask of [readBlobText, read]) {
    await expect(ask(home.ctx, sha256)).rejects.toMatchObject({
      code: "STORE_DAMAGED",
      message: expect.stringContaining(sha256),
    });
  }
  expect((await putBlobBytes(home.ctx, "content")).sha256).toBe(sha256);
  expect(await readBlobText(home.ctx, sha256)).toBe("content");
});

test("a file that stands unchanged is read once; touched, replaced or grown it is read again", async () => {
  await using home = await storeHome();
  const path = await home.write("f", "one");
  await Bun.sleep(80);
  const first = await fileDigest(home.ctx, path);
  const known = () => fileDigest(home.ctx, path);
  // The very object that is remembered: nothing was read.
  expect(await known()).toBe(await known());
  expect(await known()).toEqual(first);
  writeFileSync(path, "two");
  expect((await known()).sha256).toBe(sha256Hex("two"));
  await rm(path);
  await home.write("f", "six");
  expect((await known()).sha256).toBe(sha256Hex("six"));
  await rm(path);
  await expect(known()).rejects.toMatchObject({ code: "ENOENT" });
});

/** How many of fifty fresh texts are read again although their stat has not changed since the first look. */
async function readAgain(change: (path: string, text: string) => void): Promise<number> {
  await using home = await storeHome();
  const path = await home.write("f", "");
  let again = 0;
  for (let i = 1000; i < 1050; i++) {
    change(path, String(i));
    const first = await fileDigest(home.ctx, path);
    expect(first.sha256).toBe(sha256Hex(String(i)));
    const [second, third] = [await fileDigest(home.ctx, path), await fileDigest(home.ctx, path)];
    if (second !== third) again += 1;
  }
  return again;
}

// A kernel that stamps files by ticks would give the next text of the same length the same stat.
test("a text that was just written is not trusted by its stat: another may come in the same tick", async () => {
  expect(await readAgain((path, text) => writeFileSync(path, text))).toBeGreaterThan(0);
});

test("nor when the writer sets the time back, as unpackers and `touch -d` do", async () => {
  const change = (path: string, text: string) => {
    writeFileSync(path, text);
    utimesSync(path, 1_600_000_000, 1_600_000_000);
  };
  expect(await readAgain(change)).toBeGreaterThan(0);
});

test("a file of another machine's time is remembered all the same once it stands", async () => {
  await using home = await storeHome();
  const path = await home.write("f", "one");
  const future = Date.now() / 1000 + 1_000_000;
  utimesSync(path, future, future);
  await Bun.sleep(80);
  await fileDigest(home.ctx, path);
  const [one, two] = [await fileDigest(home.ctx, path), await fileDigest(home.ctx, path)];
  expect(one).toBe(two);
  expect(await readFile(path, "utf8")).toBe("one");
});
