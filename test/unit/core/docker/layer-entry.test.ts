import { expect, test } from "bun:test";
import { fileEntry, folderEntry, layerEntries, layerMode, linkEntry, textEntry } from "#core/docker/layer-entry.ts";
import type { TarEntry } from "#core/swrt/tar-writer.ts";
import { storeHome } from "../store/store-home.ts";

async function contentOf({ open }: TarEntry): Promise<string> {
  return Buffer.concat(open ? await Array.fromAsync(open()) : []).toString();
}

test("the folders above come with a layer, once and in order, whatever order the members had", () => {
  const entries = [
    textEntry("/opt/b/x", "1"),
    linkEntry("/bin/z", "y"),
    textEntry("/opt/a", "2"),
    folderEntry("/opt/b"),
  ];
  const lines = (all: readonly TarEntry[]) => all.map(({ path, type, mode }) => `${type} ${path} ${mode.toString(8)}`);
  const made = lines(layerEntries(entries));
  expect(made).toEqual([
    "dir bin 755",
    "symlink bin/z 777",
    "dir opt 755",
    "file opt/a 644",
    "dir opt/b 755",
    "file opt/b/x 644",
  ]);
  expect(lines(layerEntries(entries.toReversed()))).toEqual(made);
});

test("of two members with one path the later counts", async () => {
  const [, entry, ...others] = layerEntries([textEntry("/a/x", "first"), textEntry("a/x", "second", 0o755)]);
  expect(others).toEqual([]);
  expect(entry && (await contentOf(entry))).toBe("second");
  expect(entry?.mode).toBe(0o755);
});

test("a text's size is that of its bytes", () => {
  expect(textEntry("/x", "ü").size).toBe(2);
});

test("the builder's umask leaves no trace", () => {
  expect([0o600, 0o664, 0o700, 0o4755, 0o001].map(layerMode)).toEqual([0o644, 0o644, 0o755, 0o755, 0o755]);
  expect(fileEntry("/x", { source: "/nowhere", size: 0, mode: 0o711 }).mode).toBe(0o755);
});

test("a file is read whole or in pieces, and again for a second layer", async () => {
  await using home = await storeHome();
  for (const text of ["small", "large ".repeat(200_000)]) {
    const source = await home.write("file", text);
    const entry = fileEntry("/x", { source, size: text.length, mode: 0o644 });
    expect(await contentOf(entry)).toBe(text);
    expect(await contentOf(entry)).toBe(text);
  }
});
