import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { packageStream } from "#core/ops/package-stream.ts";
import { takePackage } from "#core/store/take-package.ts";
import { readVersionIfAny } from "#core/store/tree-records.ts";
import { makePackage, versionOf } from "../../../helpers/package.ts";
import { packProject } from "../ops/packed.ts";
import { bytesOf, joined } from "../swrt/archives.ts";
import { type StoreHome, storeHome } from "./store-home.ts";

const YAML =
  "name: demo\nenvironment:\n  python: '3.11'\ndependencies:\n  - files:\n      - src: a.txt\n        dest: a.txt\n";

async function ownPackage(home: StoreHome): Promise<{ id: string; bytes: Buffer }> {
  const version = await packProject(home, { "runtime.yaml": YAML, "a.txt": "aaaa" });
  return { id: version.id, bytes: await joined((await packageStream(home.ctx, version)).chunks()) };
}

const replaced = (bytes: Buffer, from: string, to: string): Buffer => {
  const at = bytes.indexOf(from);
  expect(at).toBeGreaterThan(0);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(to), bytes.subarray(at + from.length)]);
};

test("one of our packages with changed content or manifest is refused: its id is a digest", async () => {
  await using maker = await storeHome();
  await using home = await storeHome();
  const { id, bytes } = await ownPackage(maker);
  for (const changed of [replaced(bytes, "aaaa", "aaab"), replaced(bytes, "mode: venv", "mode: venw")]) {
    await expect(takePackage(home.ctx, bytesOf(changed))).rejects.toMatchObject({ code: "PACKAGE_INVALID" });
  }
  const otherMode = replaced(bytes, "python: '3.11'", "python: '3.12'");
  await expect(takePackage(home.ctx, bytesOf(otherMode))).rejects.toThrow(/its content is/);
  expect(await readVersionIfAny(home.ctx, id)).toBeUndefined();
});

test("a package that is another version than the one asked for is refused", async () => {
  await using home = await storeHome();
  const bytes = await makePackage({ version: versionOf("a") });
  await expect(takePackage(home.ctx, bytesOf(bytes), versionOf("b"))).rejects.toThrow(/not b|is version/);
  expect(await readVersionIfAny(home.ctx, versionOf("a"))).toBeUndefined();
});

test("two packages of the Python client under one id are the same, or the second is refused", async () => {
  await using home = await storeHome();
  const version = versionOf("a");
  const first = await makePackage({ version, files: { "x.txt": "one" } });
  const { version: taken } = await takePackage(home.ctx, bytesOf(first));
  expect((await takePackage(home.ctx, bytesOf(first))).version).toEqual(taken);
  const second = await makePackage({ version, files: { "x.txt": "two" } });
  await expect(takePackage(home.ctx, bytesOf(second))).rejects.toMatchObject({ code: "PACKAGE_INVALID" });
});

test("a package that breaks off leaves no version and no half-written file", async () => {
  await using home = await storeHome();
  const bytes = await makePackage({ version: versionOf("a"), files: { "x.txt": "x".repeat(5000) } });
  await expect(takePackage(home.ctx, bytesOf(bytes.subarray(0, 4000)))).rejects.toMatchObject({
    code: "PACKAGE_INVALID",
  });
  expect(await readVersionIfAny(home.ctx, versionOf("a"))).toBeUndefined();
  expect(await readdir(home.ctx.paths.ingest)).toEqual([]);
});

test("a build does not trust a package that took the id of its content", async () => {
  await using maker = await storeHome();
  await using home = await storeHome();
  const { id } = await ownPackage(maker);
  // No `swcli` part: nothing ties such an id to its content.
  await takePackage(home.ctx, bytesOf(await makePackage({ version: id, files: { "evil.txt": "evil" } })));
  await expect(packProject(home, { "runtime.yaml": YAML, "a.txt": "aaaa" })).rejects.toMatchObject({
    code: "STORE_DAMAGED",
  });
});
