/** Files of a package stay inside the environment, whatever their paths and links say. */
import { expect, test } from "bun:test";
import { existsSync, readlinkSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { placeFiles } from "#core/env/place-files.ts";
import { storeHome } from "../store/store-home.ts";

const link = (path: string, to: string) => ({ path, type: "symlink", link: to, mode: 0o777, size: 0 }) as const;
const folder = (path: string) => ({ path, type: "dir", mode: 0o755, size: 0 }) as const;

test("a dest that is no path inside is refused", async () => {
  await using home = await storeHome();
  await mkdir(`${home.dir}/env`);
  for (const dest of ["/etc", "..", "../x", "a/../../x", ".", ""]) {
    const placed = placeFiles(home.ctx, `${home.dir}/env`, [{ dest, entries: [folder("x")] }]);
    await expect(placed).rejects.toThrow("is not a path inside the environment");
  }
  expect(existsSync(`${home.dir}/x`)).toBe(false);
});

test("a link that leads out is followed by nothing, not even by a folder", async () => {
  await using home = await storeHome();
  const env = `${home.dir}/env`;
  await mkdir(`${home.dir}/outside`);
  await mkdir(env);
  await symlink(`${home.dir}/outside`, `${env}/door`);
  for (const entries of [[folder("deep/folder")], [link("deep/link", "target")]]) {
    await expect(placeFiles(home.ctx, env, [{ dest: "door", entries }])).rejects.toThrow("inside the environment");
  }
  const own = [link("a", `${home.dir}/outside`), folder("a/b")];
  await expect(placeFiles(home.ctx, env, [{ dest: "own", entries: own }])).rejects.toThrow("inside the environment");
  expect(existsSync(`${home.dir}/outside/deep`)).toBe(false);
  expect(existsSync(`${home.dir}/outside/b`)).toBe(false);
});

test("a link inside, as lib64 is one, is fine", async () => {
  await using home = await storeHome();
  const env = `${home.dir}/env`;
  await mkdir(`${env}/lib`, { recursive: true });
  await symlink("lib", `${env}/lib64`);
  await placeFiles(home.ctx, env, [{ dest: "lib64/tool", entries: [folder("empty"), link("current", "empty")] }]);
  expect(existsSync(`${env}/lib/tool/empty`)).toBe(true);
  expect(readlinkSync(`${env}/lib/tool/current`)).toBe("empty");
});
