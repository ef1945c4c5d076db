import { expect, test } from "bun:test";
import { lstat, readdir, readlink, writeFile } from "node:fs/promises";
import { linkLatest, linkPath, linkRuntime, targetOf } from "#core/env/links.ts";
import type { Resolved } from "#core/store/resolve.ts";
import { storeHome } from "../store/store-home.ts";

const at = { project: "self", name: "demo" };

test("an editor's link leads to the environment of the latest version, and follows it", async () => {
  await using home = await storeHome();
  const version = (id: string) => ({ id, created_at: 1, added_at: 1, size: 1 });
  const versions = [version("one"), version("two")];
  const resolved = (id: string): Resolved => ({
    ref: { ...at, format: 1, seq: 1, versions, tags: { latest: "two" } },
    version: version(id),
  });
  await linkLatest(home.ctx, resolved("two"), "/envs/b-1");
  expect(await readlink(linkPath(home.ctx, at))).toBe("/envs/b-1");
  await linkLatest(home.ctx, resolved("one"), "/envs/a-1");
  expect(await readlink(linkPath(home.ctx, at))).toBe("/envs/b-1");
  await linkLatest(home.ctx, resolved("two"), "/envs/b-2");
  expect(await readlink(linkPath(home.ctx, at))).toBe("/envs/b-2");
});

test("a link that leads there already is left alone: an activation costs no write", async () => {
  await using home = await storeHome();
  await linkRuntime(home.ctx, at, "/envs/a-1");
  const made = await lstat(linkPath(home.ctx, at));
  await linkRuntime(home.ctx, at, "/envs/a-1");
  expect((await lstat(linkPath(home.ctx, at))).ino).toBe(made.ino);
});

test("while others change it a link is there at every moment, and nothing stays beside it", async () => {
  await using home = await storeHome();
  await linkRuntime(home.ctx, at, "/envs/0");
  const progress = { running: true };
  const changes = Array.from({ length: 60 }, (_, i) => linkRuntime(home.ctx, at, `/envs/${i}`));
  const done = Promise.all(changes).finally(() => (progress.running = false));
  while (progress.running) {
    expect(targetOf(linkPath(home.ctx, at))).toStartWith("/envs/");
    await Bun.sleep(0);
  }
  await done;
  expect(await readdir(`${home.ctx.paths.links}/self`)).toEqual(["demo"]);
});

test("what is no link leads nowhere", async () => {
  await using home = await storeHome();
  await writeFile(`${home.dir}/plain`, "");
  expect(["plain", "none", "plain/below"].map((path) => targetOf(`${home.dir}/${path}`))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
