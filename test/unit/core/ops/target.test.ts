import { expect, test } from "bun:test";
import { utimesSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { projectRemove } from "#core/ops/projects.ts";
import { localProject, localTarget, localUri, resolveLocal } from "#core/ops/target.ts";
import { sweeping } from "#core/store/gc-lock.ts";
import { withLease } from "#core/store/leases.ts";
import { updateRef } from "#core/store/refs.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

const CONFIG = ".config/starwhale/config.yaml";
const config = (instance: string, project: string) =>
  `current_instance: ${instance}\ninstances:\n  local: { uri: local, current_project: ${project} }\n  cloud: { uri: 'https://cloud.test', sw_token: t, current_project: there }\n`;

const VERSION = { id: "a".repeat(40), created_at: 1, added_at: 1, size: 1 };

async function runtime({ ctx }: StoreHome, project: string): Promise<void> {
  await updateRef(ctx, { project, name: "demo" }, (ref) => {
    ref.versions.push(VERSION);
    ref.tags.latest = VERSION.id;
  });
}

test("short forms mean the selected project, and a config that changed is noticed at once", async () => {
  await using home = await storeHome();
  const where = async () => [(await localTarget(home.ctx, "demo")).project, await localProject(home.ctx, undefined)];
  expect(await where()).toEqual(["self", "self"]);
  for (const project of ["one", "two"]) {
    await home.write(CONFIG, config("local", project));
    expect(await where()).toEqual([project, project]);
    expect(await where()).toEqual([project, project]);
  }
  await rm(`${home.dir}/${CONFIG}`);
  expect(await where()).toEqual(["self", "self"]);
});

test("a config of the same length is another one when its time says so", async () => {
  await using home = await storeHome();
  const path = await home.write(CONFIG, config("local", "one"));
  expect(await localProject(home.ctx, undefined)).toBe("one");
  await home.write(CONFIG, config("local", "two"));
  utimesSync(path, 5, 5);
  expect(await localProject(home.ctx, undefined)).toBe("two");
});

test("a config that can't be read is refused each time, and works once it is mended", async () => {
  await using home = await storeHome();
  await home.write(CONFIG, "instances: [");
  for (const _ of [1, 2]) await expect(localTarget(home.ctx, "demo")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  await home.write(CONFIG, config("local", "one"));
  expect((await localTarget(home.ctx, "demo")).project).toBe("one");
});

test.each(["cloud://cloud/project/there/runtime/demo", "https://cloud.test/projects/1/runtimes/2"])(
  "%s is on a server: the copy line that brings it here is said",
  async (uri) => {
    await using home = await storeHome();
    await home.write(CONFIG, config("local", "self"));
    await expect(localTarget(home.ctx, uri)).rejects.toMatchObject({
      code: "ON_SERVER",
      hint: expect.stringContaining(`swcli runtime copy ${uri} .`),
    });
  },
);

test("while a server is selected, a build goes to the project that is selected here, not to one of the server's name", async () => {
  await using home = await storeHome();
  await home.write(CONFIG, config("cloud", "mine"));
  expect(await localProject(home.ctx, undefined)).toBe("mine");
  await home.write(CONFIG, config("cloud", "''"));
  expect(await localProject(home.ctx, undefined)).toBe("self");
  await expect(localProject(home.ctx, "other")).rejects.toMatchObject({
    code: "ON_SERVER",
    hint: expect.stringContaining("--project local/project/self"),
  });
  expect(await localProject(home.ctx, "local/project/self")).toBe("self");
});

test("while a server is selected a short form is on it, and the whole one is not", async () => {
  await using home = await storeHome();
  await home.write(CONFIG, config("cloud", "self"));
  await expect(localTarget(home.ctx, "demo")).rejects.toMatchObject({ code: "ON_SERVER" });
  expect(await localTarget(home.ctx, localUri("self", "demo", "v1"))).toMatchObject({ name: "demo", version: "v1" });
});

test("--project names a local one; a server's is refused, none and an empty one are the selected one", async () => {
  await using home = await storeHome();
  await home.write(CONFIG, config("local", "mine"));
  const projects = ["other", "local/project/other", "", undefined];
  expect(await Promise.all(projects.map((one) => localProject(home.ctx, one)))).toEqual([
    "other",
    "other",
    "mine",
    "mine",
  ]);
  await expect(localProject(home.ctx, "cloud://cloud/project/x")).rejects.toMatchObject({ code: "ON_SERVER" });
});

test("nothing of a removed project is found, by whatever way it is named", async () => {
  await using home = await storeHome();
  await runtime(home, "gone");
  await home.write(CONFIG, config("local", "gone"));
  expect((await resolveLocal(home.ctx, "demo")).version.id).toBe(VERSION.id);
  await projectRemove(home.ctx, { project: "gone" });
  // Another client may select it still.
  await home.write(CONFIG, config("local", "gone"));
  const ways = [
    () => localTarget(home.ctx, "demo"),
    () => resolveLocal(home.ctx, localUri("gone", "demo", "latest")),
    () => localProject(home.ctx, undefined),
    () => localProject(home.ctx, "gone"),
  ];
  for (const way of ways) await expect(way()).rejects.toMatchObject({ code: "PROJECT_NOT_FOUND" });
});

test("a query does not wait for gc", async () => {
  await using home = await storeHome();
  await runtime(home, "self");
  const asked = await sweeping(home.ctx, async () => await resolveLocal(home.ctx, "demo"));
  expect(asked.version.id).toBe(VERSION.id);
});

test("what an operation resolves is noted as in use; a query notes nothing", async () => {
  await using home = await storeHome();
  await runtime(home, "self");
  await resolveLocal(home.ctx, "demo");
  const kept = async () => await readdir(`${home.ctx.paths.leases}/kept`).catch(() => []);
  expect(await kept()).toEqual([]);
  await withLease(home.ctx, async (ctx) => await resolveLocal(ctx, "demo/version/latest"));
  expect(await kept()).toEqual([VERSION.id]);
});
