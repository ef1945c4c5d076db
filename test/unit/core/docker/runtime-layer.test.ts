import { expect, test } from "bun:test";
import { PREFIX, WORKDIR } from "#core/docker/image-layout.ts";
import { linkEntry, textEntry } from "#core/docker/layer-entry.ts";
import { runtimeEntries, runtimeLayerEntries, venvEntries } from "#core/docker/runtime-layer.ts";
import type { FileTree } from "#core/env/recipe.ts";
import { putBlobBytes } from "#core/store/blobs.ts";
import type { Entry, Version } from "#core/store/versions.ts";
import type { TarEntry } from "#core/swrt/tar-writer.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

const inPrefix = (path: string) => `${PREFIX}/${path}`.slice(1);
const inWorkdir = (path: string) => `${WORKDIR}/${path}`.slice(1);

async function entry(home: StoreHome, path: string, text = path): Promise<Entry> {
  const { sha256, size } = await putBlobBytes(home.ctx, text);
  return { path, mode: 0o640, type: "file", size, sha256 };
}

async function entriesOf(home: StoreHome, entries: Entry[], files: FileTree[] = []): Promise<TarEntry[]> {
  const text = `version: ${"a".repeat(40)}\nbuild: { os: HERE }\nenvironment: { python: '3.11' }\n`;
  const { sha256 } = await putBlobBytes(home.ctx, text);
  const version: Version = { format: 1, id: "a".repeat(40), created_at: 0, manifest: sha256, size: 0, entries };
  return await runtimeEntries(home.ctx, version, files);
}

const found = (entries: readonly TarEntry[], path: string) => entries.find((one) => one.path === path);

async function contentOf(one: TarEntry | undefined): Promise<string> {
  return Buffer.concat(one?.open ? await Array.fromAsync(one.open()) : []).toString();
}

test("the package's papers are in the image, its wheels and files only where they were placed", async () => {
  await using home = await storeHome();
  const paths = ["runtime.yaml", "condarc", "dependencies/req.txt", "wheels/x.whl", "files/a.sh", "_manifest.yaml"];
  const entries = await entriesOf(home, await Promise.all(paths.map((path) => entry(home, path))));
  const papers = entries.map(({ path }) => path).filter((path) => paths.some((own) => path === inWorkdir(own)));
  expect(papers).toEqual(["_manifest.yaml", "runtime.yaml", "condarc", "dependencies/req.txt"].map(inWorkdir));
  expect(await contentOf(found(entries, inWorkdir("runtime.yaml")))).toBe("runtime.yaml");
  expect(await contentOf(found(entries, inWorkdir("_manifest.yaml")))).not.toContain("HERE");
});

test("a relative dest is in the environment and reachable from the working folder; an absolute one is as it says", async () => {
  await using home = await storeHome();
  const one = async (dest: string, path = "") => ({ dest, entries: [{ ...(await entry(home, "x")), path }] });
  const trees = [await one("bin/tool.sh"), await one("./share/", "deep/x"), await one("/srv/data", "x")];
  const entries = await entriesOf(home, [], trees);
  expect(found(entries, inPrefix("bin/tool.sh"))).toMatchObject({ type: "file", mode: 0o644 });
  expect(found(entries, inWorkdir("bin/tool.sh"))?.link).toBe("../export/venv/bin/tool.sh");
  expect(found(entries, inPrefix("share/deep/x"))?.type).toBe("file");
  expect(found(entries, inWorkdir("share"))?.link).toBe("export/venv/share");
  expect(found(entries, "srv/data/x")?.type).toBe("file");
});

test("a dest outside is refused before anything is written", async () => {
  await using home = await storeHome();
  for (const dest of ["../x", "a/../../x", ".", "./"]) {
    await expect(entriesOf(home, [], [{ dest, entries: [] }])).rejects.toMatchObject({ code: "IMAGE_FAILED" });
  }
});

test("the base's interpreter, wherever it is, becomes the environment's", () => {
  const entries = venvEntries("/usr/local/bin/python3.11", "3.11");
  const link = (path: string) => found(entries, inPrefix(path))?.link;
  expect(link("bin/python")).toBe("/usr/local/bin/python3.11");
  expect([link("bin/python3"), link("bin/python3.11"), link("lib64")]).toEqual(["python", "python", "lib"]);
  expect(found(entries, inPrefix("lib/python3.11/site-packages"))?.type).toBe("dir");
});

test("nothing is put below a link: a tar could not be unpacked", () => {
  const entries = runtimeLayerEntries([
    linkEntry("/w/share", "export/venv/share"),
    linkEntry("/w/share/deep", "x"),
    textEntry("/w/other/x", "1"),
  ]);
  expect(entries.map(({ path, type }) => `${type} ${path}`)).toEqual([
    "dir w",
    "dir w/other",
    "file w/other/x",
    "symlink w/share",
  ]);
});
