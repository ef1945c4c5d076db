import { expect, test } from "bun:test";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeBatched } from "#core/platform/write-batched.ts";

async function withFile(flags: string, path: string | undefined, pieces: AsyncIterable<Uint8Array>) {
  const dir = await mkdtemp(join(tmpdir(), "sw-wb-"));
  const file = await open(path ?? join(dir, "out"), flags);
  try {
    await writeBatched(file, pieces);
    return await readFile(join(dir, "out"));
  } finally {
    await file.close();
    await rm(dir, { recursive: true });
  }
}

test("pieces of all sizes arrive in their order, and hold no memory afterwards", async () => {
  const sizes = [0, 1, 70_000, 1_048_575, 1, 3_000_000, 0, 40_000_000, 12];
  const all = sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
  const whole = Buffer.concat(all);
  const pieces = async function* () {
    yield* all;
  };
  expect((await withFile("wx", undefined, pieces())).equals(whole)).toBe(true);
  expect(all.map(({ length }) => length)).toEqual(sizes.map(() => 0));
});

test("a full disk is told, while pieces still come and for the last of them", async () => {
  const many = async function* () {
    for (let i = 0; i < 20; i++) yield new Uint8Array(1_000_000);
  };
  const one = async function* () {
    yield new Uint8Array(10);
  };
  await expect(withFile("r+", "/dev/full", many())).rejects.toMatchObject({ code: "ENOSPC" });
  await expect(withFile("r+", "/dev/full", one())).rejects.toMatchObject({ code: "ENOSPC" });
});

test("what the maker throws is thrown, after the batches under way", async () => {
  const pieces = async function* () {
    yield new Uint8Array(5_000_000);
    throw new Error("cut off");
  };
  await expect(withFile("wx", undefined, pieces())).rejects.toThrow("cut off");
});
