/** Version ids and records; packed from real folders where the id is concerned. */
import { expect, test } from "bun:test";
import { chmod, readdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { canonicalJson } from "#core/platform/digest.ts";
import { blobPath, putBlobBytes } from "#core/store/blobs.ts";
import { versionPath } from "#core/store/tree-records.ts";
import { type Entry, isComplete, keepVersion, putVersion, readVersion, versionId } from "#core/store/versions.ts";
import { packProject } from "../ops/packed.ts";
import { storeCtx } from "./store-ctx.ts";
import { type StoreHome, storeHome } from "./store-home.ts";

const YAML = `name: demo
environment: {python: '3.11', arch: [amd64]}
dependencies:
  - requirements.txt
  - wheels: [w/demo-1.0-py3-none-any.whl]
  - files: [{src: tree, dest: share/tree}]
`;
const PROJECT = {
  "runtime.yaml": YAML,
  "requirements.txt": "six==1.16\n",
  "w/demo-1.0-py3-none-any.whl": "wheel",
  "tree/run.sh": "#!/bin/sh\n",
  "tree/data": "data",
};

/** Another person's machine: own folder, own time, own modification times. */
async function elsewhere(home: StoreHome, time: number): Promise<StoreHome> {
  for (const path of Object.keys(PROJECT)) await home.write(`project/${path}`, "");
  return { ...home, ctx: { ...home.ctx, clock: { now: () => time } } };
}

async function idAfter(change: (dir: string) => Promise<unknown>): Promise<string> {
  await using home = await storeHome();
  await packProject(home, PROJECT);
  await change(`${home.dir}/project`);
  return (await packProject(home, {})).id;
}

// Other content under an old id would reach people who pinned it: this changes with TREE_FORMAT only.
const ID = "7ggzxgip6bepaxknwripfrqfanp4o3w7irmz327k";

test("the id of one folder is the same on every machine and at every time, forever", async () => {
  for (const time of [0, 1_800_000_000_000]) {
    await using home = await storeHome();
    const version = await packProject(await elsewhere(home, time), PROJECT);
    await utimes(`${home.dir}/project/tree/data`, 5, 5);
    expect([version.id, version.created_at]).toEqual([ID, time]);
  }
});

test.each<[string, (dir: string) => Promise<unknown>]>([
  [
    "the times and other rights of files",
    async (dir) => {
      await utimes(`${dir}/tree/data`, 5, 5);
      await chmod(`${dir}/tree/data`, 0o600);
    },
  ],
  ["the folder's own rights", (dir) => chmod(`${dir}/tree`, 0o700)],
  ["what lies beside and is not named", (dir) => writeFile(`${dir}/notes.txt`, "x")],
  [
    "the order in which files were made",
    async (dir) => {
      await rename(`${dir}/tree/data`, `${dir}/tree/z`);
      await writeFile(`${dir}/tree/data`, "data");
      await rm(`${dir}/tree/z`);
    },
  ],
])("%s do not change the id", async (_what, change) => {
  expect(await idAfter(change)).toBe(ID);
});

const CHANGES: [string, (dir: string) => Promise<unknown>][] = [
  ["the text of runtime.yaml", (dir) => writeFile(`${dir}/runtime.yaml`, `${YAML}# said\n`)],
  ["the architecture", (dir) => writeFile(`${dir}/runtime.yaml`, YAML.replace("amd64", "arm64"))],
  ["a file's dest", (dir) => writeFile(`${dir}/runtime.yaml`, YAML.replace("share/tree", "share/other"))],
  ["a requirement", (dir) => writeFile(`${dir}/requirements.txt`, "six==1.17\n")],
  ["a wheel", (dir) => writeFile(`${dir}/w/demo-1.0-py3-none-any.whl`, "other")],
  ["a file's content", (dir) => writeFile(`${dir}/tree/data`, "dato")],
  ["a file's name", (dir) => rename(`${dir}/tree/data`, `${dir}/tree/date`)],
  ["that a file can be executed", (dir) => chmod(`${dir}/tree/run.sh`, 0o755)],
  ["a further file", (dir) => writeFile(`${dir}/tree/empty`, "")],
  ["a link", (dir) => symlink("data", `${dir}/tree/link`)],
  ["where a link leads", (dir) => symlink("run.sh", `${dir}/tree/link`)],
  ["a link that is a file", async (dir) => await writeFile(`${dir}/tree/link`, "data")],
];

test("each part of the content changes the id: no two of them give one", async () => {
  const ids = [ID];
  for (const [, change] of CHANGES) ids.push(await idAfter(change));
  const same = CHANGES.filter((_, i) => ids.indexOf(ids[i + 1] ?? "") !== i + 1).map(([what]) => what);
  expect(same).toEqual([]);
  for (const id of ids) expect(id).toMatch(/^[a-z2-7]{40}$/);
});

const file = (path: string, sha256: string): Entry => ({ path, mode: 0o644, type: "file", size: 3, sha256 });

test("keys in another order give the same id, entries in another order or another field do not", () => {
  const [a, b] = [file("a", "1"), file("b", "2")];
  const turned = Object.fromEntries(Object.entries(a).reverse()) as Entry;
  expect(canonicalJson(turned)).toBe(canonicalJson(a));
  const id = versionId([a, b], { mode: "venv", x: 1 });
  expect(versionId([turned, b], { x: 1, mode: "venv" })).toBe(id);
  const others = [
    versionId([b, a], { mode: "venv", x: 1 }),
    versionId([a], { mode: "venv", x: 1 }),
    versionId([a, b], { mode: "conda", x: 1 }),
    ...(["path", "mode", "type", "size", "sha256"] as const).map((key) =>
      versionId([{ ...a, [key]: `${a[key]}0` } as unknown as Entry, b], { mode: "venv", x: 1 }),
    ),
  ];
  expect(new Set([id, ...others]).size).toBe(others.length + 1);
});

const record = (id: string, manifest: string, entries: Entry[] = []) => ({
  id,
  created_at: 1,
  manifest,
  size: 1,
  entries,
});
const SOME = "a".repeat(40);

test("a version is published once: the second one's time and manifest don't replace the first's", async () => {
  await using store = await storeCtx();
  const first = await putVersion(store.ctx, record(SOME, "m"));
  const second = await putVersion(store.other(), { ...record(SOME, "n"), created_at: 2 });
  expect(second).toEqual(first);
  expect(second).toMatchObject({ created_at: 1, manifest: "m", format: 1 });
});

test("of many that publish one version at once all get the same", async () => {
  await using store = await storeCtx();
  const puts = Array.from({ length: 10 }, (_, i) => putVersion(store.other(), { ...record(SOME, "m"), created_at: i }));
  expect(new Set((await Promise.all(puts)).map(({ created_at }) => created_at)).size).toBe(1);
  expect(await readdir(`${store.ctx.paths.trees}/aa`)).toEqual([`${SOME}.json`]);
});

test("a version that went and came back with another manifest is read anew", async () => {
  await using store = await storeCtx();
  await putVersion(store.ctx, record(SOME, "m"));
  await Bun.sleep(80);
  const known = await readVersion(store.ctx, SOME);
  expect(await readVersion(store.ctx, SOME)).toBe(known);
  await rm(versionPath(store.ctx, SOME));
  await putVersion(store.other(), record(SOME, "n"));
  expect((await readVersion(store.ctx, SOME)).manifest).toBe("n");
});

test("a record that is lost, damaged or of a newer swcli is refused, each in its own words", async () => {
  await using store = await storeCtx();
  await expect(readVersion(store.ctx, SOME)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
  expect(await keepVersion(store.ctx, SOME)).toBeUndefined();
  await putVersion(store.ctx, record(SOME, "m"));
  const damages: [string, string][] = [
    ["", "STORE_DAMAGED"],
    ["{}", "STORE_DAMAGED"],
    [JSON.stringify({ format: 2, ...record(SOME, "m") }), "FORMAT_TOO_NEW"],
  ];
  for (const [text, code] of damages) {
    await writeFile(versionPath(store.ctx, SOME), text);
    await expect(readVersion(store.other(), SOME)).rejects.toMatchObject({ code });
  }
});

test("a version is complete only while its record, its manifest and every file of it are there", async () => {
  await using store = await storeCtx();
  const [manifest, one] = [await putBlobBytes(store.ctx, "manifest"), await putBlobBytes(store.ctx, "one")];
  expect(await isComplete(store.ctx, SOME)).toBe(false);
  const dir: Entry = { path: "files", mode: 0o755, type: "dir", size: 0 };
  await putVersion(store.ctx, record(SOME, manifest.sha256, [dir, file("files/one", one.sha256)]));
  expect(await isComplete(store.ctx, SOME)).toBe(true);
  for (const { sha256 } of [manifest, one]) {
    const path = blobPath(store.ctx, sha256);
    await rename(path, `${path}.away`);
    expect(await isComplete(store.ctx, SOME)).toBe(false);
    await rename(`${path}.away`, path);
  }
  expect(await isComplete(store.ctx, SOME)).toBe(true);
});
