import { expect, test } from "bun:test";
import { chmod, symlink } from "node:fs/promises";
import { join } from "node:path";
import { packageStream } from "#core/ops/package-stream.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { LOAN } from "#core/platform/piece-loan.ts";
import { takePackage } from "#core/store/take-package.ts";
import { makePackage, versionOf } from "../../../helpers/package.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";
import { bytesOf, joined, listedByPython } from "../swrt/archives.ts";
import { packProject } from "./packed.ts";

const FILES = {
  "runtime.yaml":
    "name: demo\nenvironment:\n  python: '3.11'\ndependencies:\n  - requirements.txt\n  - files:\n      - src: data\n        dest: data\n",
  "requirements.txt": "six\n",
  "data/run.sh": "#!/bin/sh\n",
};

async function demo(home: StoreHome) {
  await home.write("project/data/run.sh", "#!/bin/sh\n");
  await chmod(join(home.dir, "project/data/run.sh"), 0o755);
  await symlink("run.sh", join(home.dir, "project/data/link"));
  return await packProject(home, FILES);
}

test("a version has the same bytes each time, as many as announced, and Python reads every member", async () => {
  await using home = await storeHome();
  const version = await demo(home);
  const stream = await packageStream(home.ctx, version);
  const bytes = await joined(stream.chunks());
  expect(bytes.length).toBe(stream.size);
  expect(version.size).toBe(stream.size);
  expect(await joined(stream.chunks())).toEqual(bytes);
  const members = await listedByPython(bytes);
  expect(members.map(({ path }) => path)).toEqual([
    "_manifest.yaml",
    "dependencies",
    "dependencies/requirements.txt",
    "files",
    "files/data",
    "files/data/link",
    "files/data/run.sh",
    "runtime.yaml",
    "wheels",
  ]);
  expect(members.find(({ path }) => path === "files/data/run.sh")).toMatchObject({ mode: 0o755, type: "file" });
  expect(members.find(({ path }) => path === "files/data/link")).toMatchObject({ link: "run.sh", type: "symlink" });
});

test("taken into another store it is the same version, and its package the same bytes", async () => {
  await using here = await storeHome();
  await using there = await storeHome();
  const version = await demo(here);
  const bytes = await joined((await packageStream(here.ctx, version)).chunks());
  const { version: taken } = await takePackage(there.ctx, bytesOf(bytes), version.id);
  expect(taken.entries).toEqual(version.entries);
  expect(taken.id).toBe(version.id);
  expect(await joined((await packageStream(there.ctx, taken)).chunks())).toEqual(bytes);
});

test("a piece stays as it is while others are read for the pieces after it, large and small ones in turn", async () => {
  await using home = await storeHome();
  const noise = (size: number) => crypto.getRandomValues(new Uint8Array(65_536)).slice(0, size);
  const large = () => Buffer.concat(Array.from({ length: 40 }, () => noise(65_536)));
  const small = (name: string) =>
    Array.from({ length: 9 }, (_, i): [string, Uint8Array] => [`${name}-${i}`, noise(9000)]);
  const files = Object.fromEntries(["a", "b", "c"].flatMap((name) => [[name, large()], ...small(name)]));
  const bytes = await makePackage({ version: versionOf("mixed"), files });
  const { version } = await takePackage(home.ctx, bytesOf(bytes));
  const stream = await packageStream(home.ctx, version);
  const late: Uint8Array[] = [];
  const held: Uint8Array[] = [];
  for await (const piece of stream.chunks()) {
    held.push(piece);
    if (held.length === LOAN) late.push(new Uint8Array(held.shift() ?? []));
  }
  expect(Buffer.concat([...late, ...held]).equals(await joined(stream.chunks()))).toBe(true);
  const members = await listedByPython(Buffer.concat([...late, ...held]));
  for (const [path, content] of Object.entries(files)) {
    expect(members.find((member) => member.path === `files/${path}`)?.sha256).toBe(sha256Hex(content));
  }
});

test("a lost content fails the stream instead of shortening it", async () => {
  await using home = await storeHome();
  const version = await demo(home);
  const stream = await packageStream(home.ctx, version);
  const { sha256 = "" } = version.entries.find(({ path }) => path === "files/data/run.sh") ?? {};
  await Bun.file(join(home.ctx.paths.blobs, sha256.slice(0, 2), sha256)).delete();
  await expect(joined(stream.chunks())).rejects.toMatchObject({ code: "STORE_DAMAGED" });
});
