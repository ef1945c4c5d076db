import { expect, test } from "bun:test";
import { findCondaEnv } from "#core/conda/find-env.ts";
import { withCtx } from "#core/context.ts";
import type { Env } from "#core/platform/env.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

/** A conda environment in this folder of the home. */
async function envAt(home: StoreHome, path: string): Promise<string> {
  await home.write(`${path}/conda-meta/history`, "");
  return `${home.dir}/${path}`;
}

const find = async (home: StoreHome, name: string, env: Env = {}, cwd = home.dir) =>
  await findCondaEnv(withCtx(home.ctx, { cwd, env: { ...home.ctx.env, ...env } }), name);

test.each([
  ["CONDA_ENVS_PATH", "envs-a/x", (dir: string) => ({ CONDA_ENVS_PATH: `/nowhere:${dir}/envs-a` })],
  ["CONDA_ENVS_DIRS", "envs-b/x", (dir: string) => ({ CONDA_ENVS_DIRS: `${dir}/envs-b` })],
  ["MAMBA_ROOT_PREFIX", "mamba/envs/x", (dir: string) => ({ MAMBA_ROOT_PREFIX: `${dir}/mamba` })],
  ["CONDA_EXE", "forge/envs/x", (dir: string) => ({ CONDA_EXE: `${dir}/forge/bin/conda` })],
  ["an installation at home", "miniforge3/envs/x", () => ({})],
  ["the folder of users who may not write to the installation", ".conda/envs/x", () => ({})],
  ["pixi's global environments", ".pixi/envs/x", () => ({})],
])("an environment is found by its name through %s", async (_, path, env) => {
  await using home = await storeHome();
  const prefix = await envAt(home, path);
  expect(await find(home, "x", env(home.dir), "/")).toBe(prefix);
});

test("envs_dirs of the condarc count, with ~ and $HOME in them", async () => {
  await using home = await storeHome();
  await home.write(".condarc", "envs_dirs: [~/mine, $HOME/theirs, 3]\n");
  const [mine, theirs] = [await envAt(home, "mine/x"), await envAt(home, "theirs/y")];
  expect([await find(home, "x"), await find(home, "y")]).toEqual([mine, theirs]);
});

test("pixi's environments are found from anywhere in the project, the nearest project first", async () => {
  await using home = await storeHome();
  const outer = await envAt(home, "project/.pixi/envs/default");
  const inner = await envAt(home, "project/sub/.pixi/envs/default");
  const cuda = await envAt(home, "project/.pixi/envs/cuda");
  expect(await find(home, "default", {}, `${home.dir}/project/src/deep`)).toBe(outer);
  expect(await find(home, "default", {}, `${home.dir}/project/sub/src`)).toBe(inner);
  expect(await find(home, "cuda", {}, `${home.dir}/project/sub`)).toBe(cuda);
});

test("an environment made with a prefix is found in conda's list, when no folder has one of that name", async () => {
  await using home = await storeHome();
  const listed = await envAt(home, "srv/far/x");
  await home.write(".conda/environments.txt", `/nowhere/x\r\n\n  ${listed} \r\n${home.dir}/srv/y\n`);
  expect(await find(home, "x")).toBe(listed);
  const named = await envAt(home, "miniconda3/envs/x");
  expect(await find(home, "x")).toBe(named);
});

test("the active environment of that name wins, and base is the installation itself", async () => {
  await using home = await storeHome();
  await envAt(home, "miniconda3/envs/x");
  const active = await envAt(home, "elsewhere/x");
  const base = await envAt(home, "miniconda3");
  expect(await find(home, "x", { CONDA_PREFIX: active })).toBe(active);
  expect(await find(home, "base", { CONDA_PREFIX: active })).toBe(base);
});

test("a folder without records is no environment, and the error says where it was looked", async () => {
  await using home = await storeHome();
  await home.write("envs/x/bin/python", "");
  const env = { CONDA_ENVS_PATH: `${home.dir}/envs` };
  const failed = find(home, "x", env);
  await expect(failed).rejects.toMatchObject({ code: "ENV_NOT_FOUND", detail: { name: "x" } });
  await expect(failed).rejects.toThrow(`${home.dir}/envs`);
});

test("a path in place of a name is told its own option", async () => {
  await using home = await storeHome();
  await expect(find(home, "./envs/x")).rejects.toMatchObject({
    hint: "A folder is named by `build --conda-prefix ./envs/x`, `lock --env-prefix-path ./envs/x`.",
  });
});
