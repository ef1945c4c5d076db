import { expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isFile, isFolder, namesIn, stemsIn } from "#core/platform/folder.ts";

async function inFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(`${tmpdir()}/swcli-folder-`);
  try {
    for (const name of ["b.json", "a.json", "c.txt"]) await writeFile(`${dir}/${name}`, "");
    await mkdir(`${dir}/sub`);
    await work(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

test("names come sorted, whatever order the disk has them in", async () => {
  await inFolder(async (dir) => {
    expect(await namesIn(dir)).toEqual(["a.json", "b.json", "c.txt", "sub"]);
    expect(await stemsIn(dir, ".json")).toEqual(["a", "b"]);
  });
});

test("no folder, and a file where one was expected, hold nothing", async () => {
  await inFolder(async (dir) => {
    expect(await namesIn(`${dir}/nowhere`)).toEqual([]);
    expect(await namesIn(`${dir}/c.txt`)).toEqual([]);
    expect([await isFolder(`${dir}/sub`), await isFolder(`${dir}/c.txt`), await isFolder(`${dir}/nowhere/x`)]).toEqual([
      true,
      false,
      false,
    ]);
    expect([await isFile(`${dir}/sub`), await isFile(`${dir}/c.txt`), await isFile(`${dir}/c.txt/x`)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

test("a name that is no path is an error, not an empty folder", async () => {
  expect(namesIn(`/tmp/${"x".repeat(300)}`)).rejects.toThrow("ENAMETOOLONG");
});
