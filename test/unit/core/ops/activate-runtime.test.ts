/** What a shell is told of a runtime, with environments that are folders of the test. */
import { expect, test } from "bun:test";
import { chmod, mkdir, readdir, readlink, rm, stat, writeFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { venvPlan } from "#core/env/activation/plan.ts";
import { isInFlight } from "#core/env/last-use.ts";
import { linkPath } from "#core/env/links.ts";
import { hasLiveShell } from "#core/env/live-shells.ts";
import { fileStamp, MARKER_FORMAT, type Marker, prefixPath, writeMarker } from "#core/env/marker.ts";
import { writePointer } from "#core/env/pointer.ts";
import { activation } from "#core/ops/activate-runtime.ts";
import { renderRc } from "#core/ops/plan-of.ts";
import { updateRef } from "#core/store/refs.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

const KEY = "c".repeat(32);
const ID = "a".repeat(40);
const URI = `local/project/self/runtime/demo/version/${ID}`;

async function runtime({ ctx }: StoreHome): Promise<void> {
  await updateRef(ctx, { project: "self", name: "demo" }, (ref) => {
    ref.versions.push({ id: ID, created_at: 1, added_at: 1, size: 1 });
    ref.tags.latest = ID;
  });
}

async function environment({ ctx }: StoreHome): Promise<Marker> {
  const prefix = prefixPath(ctx, KEY, 1);
  for (const folder of ["bin", "lib/python3.11/site-packages"]) await mkdir(`${prefix}/${folder}`, { recursive: true });
  for (const file of ["bin/python", "pyvenv.cfg"]) await writeFile(`${prefix}/${file}`, "");
  const python = { path: "/bin/sh", version: "3.11.0", stamp: fileStamp("/bin/sh") };
  const marker: Marker = { format: MARKER_FORMAT, key: KEY, n: 1, prefix, mode: "venv", python, created_at: 1 };
  await writeMarker(ctx, marker);
  await writePointer(ctx, ID, KEY);
  return marker;
}

const plan = (name = "demo") => venvPlan({ uri: URI, name, project: "self", version: ID, prefix: "/p" });
const files = async (folder: string) => (await readdir(folder, { recursive: true })).sort();

test("a runtime without an environment is named in full, and nothing is made or noted", async () => {
  await using home = await storeHome();
  await runtime(home);
  expect(await activation(home.ctx, { uri: "demo" })).toEqual({ state: "absent", uri: URI });
  expect(await readdir(home.root)).toEqual([".store"]);
  await expect(activation(home.ctx, { uri: "other" })).rejects.toMatchObject({ code: "RUNTIME_NOT_FOUND" });
});

test("a ready one gives its plan; editors' link leads to it, and what is left to do is begun once", async () => {
  await using home = await storeHome();
  await runtime(home);
  const { prefix } = await environment(home);
  const begun: string[] = [];
  const ctx: Ctx = { ...home.ctx, background: (key) => void begun.push(key) };
  for (const _ of [1, 2]) {
    const ready = await activation(ctx, { uri: "demo" });
    expect(ready).toMatchObject({ state: "ready", plan: { uri: URI, mode: "venv", path: [`${prefix}/bin`] } });
  }
  expect(await readlink(linkPath(ctx, { project: "self", name: "demo" }))).toBe(prefix);
  expect(begun).toHaveLength(1);
  await rm(`${prefix}/bin/python`);
  expect(await activation(ctx, { uri: "demo" })).toMatchObject({ state: "absent" });
});

test("gc learns of the use and of the shell; of a question without a shell only of the use", async () => {
  await using home = await storeHome();
  await runtime(home);
  const { prefix } = await environment(home);
  expect(isInFlight(home.ctx, KEY)).toBe(false);
  await activation(home.ctx, { uri: "demo" });
  expect(isInFlight(home.ctx, KEY)).toBe(true);
  expect(await hasLiveShell(home.ctx, prefix)).toBe(false);
  await activation(home.ctx, { uri: "demo", pid: process.pid });
  expect(await hasLiveShell(home.ctx, prefix)).toBe(true);
});

test("the start files of a shell are whole, its own alone, and nobody else's to read", async () => {
  await using home = await storeHome();
  const bash = await renderRc(home.ctx, plan(), "bash");
  expect(await files(bash)).toEqual(["activate.bash", "bashenv", "bashrc", "plan.json"]);
  expect((await stat(bash)).mode & 0o777).toBe(0o700);
  for (const name of await files(bash)) expect((await stat(`${bash}/${name}`)).mode & 0o777).toBe(0o600);
  const all = [bash, await renderRc(home.ctx, plan(), "zsh"), await renderRc(home.ctx, plan("other"), "bash")];
  expect(new Set(all).size).toBe(3);
});

test("equal plans are rendered once, also by many at the same time; one that a death cut short is finished", async () => {
  await using home = await storeHome();
  const all = await Promise.all(Array.from({ length: 20 }, () => renderRc(home.ctx, plan(), "zsh")));
  expect(new Set(all).size).toBe(1);
  const [folder = ""] = all;
  const whole = await files(folder);
  const { ino } = await stat(`${folder}/plan.json`);
  await renderRc(home.ctx, plan(), "zsh");
  expect((await stat(`${folder}/plan.json`)).ino).toBe(ino);
  await rm(`${folder}/plan.json`);
  await writeFile(`${folder}/activate.zsh`, "half");
  await chmod(folder, 0o755);
  await renderRc(home.ctx, plan(), "zsh");
  expect(await files(folder)).toEqual(whole);
  expect(await Bun.file(`${folder}/activate.zsh`).text()).toContain("VIRTUAL_ENV");
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test("a rendering that fails half-way is not taken for whole", async () => {
  await using home = await storeHome();
  const folder = await renderRc(home.ctx, plan(), "zsh");
  const whole = await files(folder);
  for (const name of ["plan.json", "zsh"]) await rm(`${folder}/${name}`, { recursive: true });
  await writeFile(`${folder}/zsh`, "in the way");
  await expect(renderRc(home.ctx, plan(), "zsh")).rejects.toThrow();
  expect(await files(folder)).not.toContain("plan.json");
  await rm(`${folder}/zsh`);
  expect(await renderRc(home.ctx, plan(), "zsh")).toBe(folder);
  expect(await files(folder)).toEqual(whole);
});
