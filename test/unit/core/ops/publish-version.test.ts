import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { publishVersion } from "#core/ops/publish-version.ts";
import { removeRuntime } from "#core/ops/remove-runtime.ts";
import { blobPath, putBlobBytes } from "#core/store/blobs.ts";
import { readRef } from "#core/store/refs.ts";
import { putVersion, type Version, versionId } from "#core/store/versions.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

const AT = { project: "self", name: "demo" };

async function version(home: StoreHome, text: string): Promise<Version> {
  const { sha256, size } = await putBlobBytes(home.ctx, text);
  const entries = [{ path: "f", mode: 0o644, type: "file" as const, size, sha256 }];
  const manifest = (await putBlobBytes(home.ctx, "manifest")).sha256;
  return await putVersion(home.ctx, { id: versionId(entries, {}), created_at: 1, manifest, size, entries });
}

const publish = async (home: StoreHome, one: Version, ...tags: string[]) =>
  await publishVersion(home.ctx, { ...AT, version: one, tags });
const refFile = ({ ctx }: StoreHome) => `${ctx.paths.refs}/self/demo.json`;

test("each new version gets the next vN, and latest moves to it; a known one keeps its own", async () => {
  await using home = await storeHome();
  const [one, two] = [await version(home, "one"), await version(home, "two")];
  expect(await publish(home, one)).toEqual({ tags: ["latest", "v0"], unchanged: false, said: [] });
  expect(await publish(home, two, "best")).toEqual({ tags: ["latest", "v1", "best"], unchanged: false, said: [] });
  expect(await publish(home, two, "best")).toEqual({ tags: ["latest", "v1", "best"], unchanged: true, said: [] });
  expect((await readRef(home.ctx, AT.project, AT.name))?.versions).toHaveLength(2);
  const back = await publish(home, one, "old");
  expect(back).toMatchObject({ tags: ["latest", "v0", "old"], unchanged: false });
  expect(back.said).toEqual([
    `latest moves from ${two.id.slice(0, 12)} to ${one.id.slice(0, 12)}`,
    `tag old added to ${one.id.slice(0, 12)}`,
  ]);
  expect((await readRef(home.ctx, AT.project, AT.name))?.tags.latest).toBe(one.id);
});

test("a tag of another version is not taken, and nothing else of that publication happens", async () => {
  await using home = await storeHome();
  const [one, two] = [await version(home, "one"), await version(home, "two")];
  await publish(home, one, "best");
  const before = await readFile(refFile(home), "utf8");
  for (const tag of ["best", "v0"]) {
    await expect(publish(home, two, "free", tag)).rejects.toMatchObject({
      code: "TAG_TAKEN",
      message: expect.stringContaining(`the tag ${tag} belongs to version ${one.id.slice(0, 12)}`),
    });
  }
  expect(await readFile(refFile(home), "utf8")).toBe(before);
});

test("a removed version that comes again is live, and says so", async () => {
  await using home = await storeHome();
  const one = await version(home, "one");
  await publish(home, one);
  await removeRuntime(home.ctx, { uri: "demo", force: false });
  const again = await publish(home, one);
  expect(again).toMatchObject({ unchanged: false, said: [expect.stringContaining("is live again")] });
  expect(again.tags).toContain("latest");
  expect((await readRef(home.ctx, AT.project, AT.name))?.versions).toEqual([
    expect.not.objectContaining({ removed_at: expect.anything() }),
  ]);
});

test("no name is given to a version that lost a part of its content", async () => {
  await using home = await storeHome();
  const one = await version(home, "one");
  await rm(blobPath(home.ctx, one.manifest));
  await expect(publish(home, one)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
  expect(existsSync(refFile(home))).toBe(false);
});

test("twenty at the same time get twenty names", async () => {
  await using home = await storeHome();
  const versions = await Promise.all(Array.from({ length: 20 }, (_, i) => version(home, `content ${i}`)));
  const published = await Promise.all(versions.map((one) => publish(home, one)));
  const names = published.flatMap(({ tags }) => tags.filter((tag) => /^v\d+$/.test(tag)));
  expect(names.sort()).toEqual(versions.map((_, i) => `v${i}`).sort());
  expect((await readRef(home.ctx, AT.project, AT.name))?.versions).toHaveLength(20);
});
