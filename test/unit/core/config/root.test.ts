import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hotRoot } from "#cli/client/hot-target.ts";
import { resolveRoot, rootCachePath } from "#core/config/root.ts";

let home = "";
let config = "";
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sw-root-"));
  config = join(home, ".config/starwhale/config.yaml");
  await mkdir(join(home, ".config/starwhale"), { recursive: true });
});
afterEach(() => rm(home, { recursive: true, force: true }));

const cacheOf = async () => (await readFile(rootCachePath({ HOME: home }), "utf8")).split("\n");

test("without a config the root is below the home, and nothing is written", async () => {
  expect(await resolveRoot({ HOME: home })).toBe(`${home}/.starwhale`);
  expect(await readdir(join(home, ".config/starwhale"))).toEqual([]);
});

test("SW_LOCAL_STORAGE wins, without the config being read", async () => {
  await writeFile(config, "not: [yaml\n");
  expect(await resolveRoot({ HOME: home, SW_LOCAL_STORAGE: "/data/sw/" })).toBe("/data/sw");
  expect(await resolveRoot({ HOME: home, SW_LOCAL_STORAGE: "~/x" })).toBe(`${home}/x`);
  expect(await resolveRoot({ HOME: home, SW_LOCAL_STORAGE: "rel/../x" }, "/somewhere")).toBe("/somewhere/x");
});

test("the config decides, and the hot path finds it in the cache", async () => {
  await writeFile(config, "version: '2.0'\nstorage: {root: ~/deep/store}\n");
  expect(await resolveRoot({ HOME: home })).toBe(`${home}/deep/store`);
  expect(hotRoot({ HOME: home })).toBe(`${home}/deep/store`);
  expect((await cacheOf())[1]).toBe(`${home}/deep/store`);
  expect((await stat(rootCachePath({ HOME: home }))).mode & 0o777).toBe(0o600);
});

test("a changed config gives a new root and a new cache", async () => {
  await writeFile(config, "version: '2.0'\nstorage: {root: /a}\n");
  await resolveRoot({ HOME: home });
  await writeFile(config, "version: '2.0'\nstorage: {root: /b}\n");
  expect(hotRoot({ HOME: home })).toBeUndefined();
  expect(await resolveRoot({ HOME: home })).toBe("/b");
  expect(hotRoot({ HOME: home })).toBe("/b");
});

test("a config without a root means the default one", async () => {
  await writeFile(config, "version: '2.0'\n");
  expect(await resolveRoot({ HOME: home })).toBe(`${home}/.starwhale`);
  expect((await cacheOf())[1]).toBe(`${home}/.starwhale`);
});

test("a root made from one person's home is not cached beside a shared config", async () => {
  await writeFile(config, "version: '2.0'\nstorage: {root: ~/store}\n");
  expect(await resolveRoot({ HOME: "/home/ann", SW_CLI_CONFIG: config })).toBe("/home/ann/store");
  expect(await readdir(join(home, ".config/starwhale"))).toEqual(["config.yaml"]);
});

test("a config folder that can't be written to is no obstacle", async () => {
  await writeFile(config, "version: '2.0'\nstorage: {root: /a}\n");
  // A folder in the cache's place stops root too, whom permissions don't.
  await mkdir(rootCachePath({ HOME: home }));
  await chmod(join(home, ".config/starwhale"), 0o500);
  expect(await resolveRoot({ HOME: home })).toBe("/a");
  await chmod(join(home, ".config/starwhale"), 0o700);
});

test.each([
  ["another version", "version: '9'\nstorage: {root: /a}\n"],
  ["broken yaml", "a: [\n"],
  ["a root that is no path", "version: '2.0'\nstorage: {root: [a]}\n"],
  ["a root of two lines", 'version: "2.0"\nstorage: {root: "/a\\n/b"}\n'],
])("%s is an error, not another root", async (_, text) => {
  await writeFile(config, text);
  await expect(resolveRoot({ HOME: home })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

test("a store that no PATH could name is refused, before anything is made there", async () => {
  for (const env of [{ SW_LOCAL_STORAGE: "/a:b" }, { HOME: "/home/a:b" }]) {
    const refused = await resolveRoot(env, "/").catch((e: unknown) => e);
    expect(refused).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("a PATH can't hold") });
  }
});
