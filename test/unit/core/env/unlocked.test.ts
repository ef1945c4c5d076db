/** Packages without a lock, resolved for real from an index on loopback. */
import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { type Recipe, recipeOf } from "#core/env/recipe.ts";
import { resolvedPath, unlockedRecipe } from "#core/env/unlocked.ts";
import { readBlobText } from "#core/store/blobs.ts";
import type { Version } from "#core/store/versions.ts";
import { type PackageIndex, servePackages } from "../../../servers/package-index.ts";
import { type LockHome, lockHome, python3 } from "../lock/lock-home.ts";
import { makeWheel, type WheelSpec } from "../lock/make-wheel.ts";
import { packProject } from "../ops/packed.ts";

const MINUTES = 60_000;

async function indexOf(home: LockHome, specs: readonly WheelSpec[]): Promise<PackageIndex> {
  return await servePackages(await Promise.all(specs.map((spec) => makeWheel(`${home.dir}/index`, spec))));
}

const yaml = (url: string, dependencies: string) =>
  `name: demo\nenvironment: { python: '${python3().minor}' }\nconfigs: { pip: { index_url: '${url}' } }\ndependencies: ${dependencies}\n`;

const unlocked = async (ctx: Ctx, version: Version): Promise<Recipe> =>
  await unlockedRecipe(ctx, version, await recipeOf(ctx, version));

/** `name==version` of a lock, sorted. */
async function pins(ctx: Ctx, recipe: Recipe): Promise<string[]> {
  const text = await readBlobText(ctx, recipe.requirements ?? "");
  return (text.match(/^[a-z0-9-]+==[0-9.]+/gm) ?? []).sort();
}

test(
  "what a package asks for is resolved at the first use, said to be not pinned, and kept",
  async () => {
    await using home = await lockHome();
    await using index = await indexOf(home, [
      { name: "demo-a", requires: ["demo-b>1"] },
      { name: "demo-b", version: "2" },
    ]);
    const version = await packProject(home, { "runtime.yaml": yaml(index.url, "[{ pip: [demo-a] }]") });
    const first = await unlocked(home.ctx, version);
    expect(await pins(home.ctx, first)).toEqual(["demo-a==1.0", "demo-b==2"]);
    expect(await readBlobText(home.ctx, first.requirements ?? "")).toContain("--hash=sha256:");
    expect(home.said.filter((text) => text.includes("not pinned"))).toHaveLength(1);
    const asked = index.asked.length;
    expect(await unlocked(home.ctx, version)).toEqual(first);
    expect(index.asked).toHaveLength(asked);
    expect(home.said.filter((text) => text.includes("not pinned"))).toHaveLength(1);
    expect(await readdir(home.ctx.paths.ingest)).toEqual([]);
  },
  MINUTES,
);

test(
  "requirement files that include each other are read off the package, not off the project",
  async () => {
    await using home = await lockHome();
    await using index = await indexOf(home, [{ name: "demo-a" }, { name: "demo-b" }, { name: "demo-c" }]);
    const version = await packProject(home, {
      "runtime.yaml": yaml(index.url, "[reqs/main.txt, { pip: [demo-c] }]"),
      "reqs/main.txt": "-r deep/more.txt\ndemo-a\n",
      "reqs/deep/more.txt": "demo-b\n",
    });
    await rm(`${home.dir}/project`, { recursive: true });
    const recipe = await unlocked(home.ctx, version);
    expect(await pins(home.ctx, recipe)).toEqual(["demo-a==1.0", "demo-b==1.0", "demo-c==1.0"]);
  },
  MINUTES,
);

test(
  "a wheel of the package brings what it requires",
  async () => {
    await using home = await lockHome();
    await using index = await indexOf(home, [{ name: "demo-b" }]);
    const wheel = await makeWheel(`${home.dir}/own`, { name: "own", requires: ["demo-b"] });
    const version = await packProject(home, {
      "runtime.yaml": yaml(index.url, "[{ wheels: [own-1.0-py3-none-any.whl] }]"),
      "own-1.0-py3-none-any.whl": await Bun.file(wheel).bytes(),
    });
    const recipe = await unlocked(home.ctx, version);
    expect(await pins(home.ctx, recipe)).toEqual(["demo-b==1.0"]);
    expect(recipe.wheels.map(({ name }) => name)).toEqual(["own-1.0-py3-none-any.whl"]);
  },
  MINUTES,
);

test(
  "when another process has kept a resolution meanwhile, that one counts: all have the same environment",
  async () => {
    await using home = await lockHome();
    await using index = await indexOf(home, [{ name: "demo-a" }]);
    const version = await packProject(home, { "runtime.yaml": yaml(index.url, "[{ pip: [demo-a] }]") });
    const path = resolvedPath(home.ctx, version.id);
    const others = { requirements: "a".repeat(64), vcs: "b".repeat(64), wheels: [] };
    const warn = () => writeFileSync(path, JSON.stringify(others));
    const recipe = await unlocked({ ...home.ctx, report: { ...home.ctx.report, warn } }, version);
    expect(recipe).toMatchObject({ requirements: others.requirements, vcs: others.vcs });
    expect(await unlocked(home.ctx, version)).toEqual(recipe);
  },
  MINUTES,
);

test(
  "what can't be resolved is kept nowhere, and the next use asks again",
  async () => {
    await using home = await lockHome();
    await using index = await indexOf(home, [{ name: "demo-a" }]);
    const version = await packProject(home, { "runtime.yaml": yaml(index.url, "[{ pip: [demo-none] }]") });
    for (const times of [1, 2]) {
      await expect(unlocked(home.ctx, version)).rejects.toMatchObject({
        message: expect.stringContaining("demo-none"),
      });
      expect(home.said.filter((text) => text.includes("not pinned"))).toHaveLength(times);
    }
    expect(existsSync(resolvedPath(home.ctx, version.id))).toBe(false);
    expect(await readdir(home.ctx.paths.ingest)).toEqual([]);
  },
  MINUTES,
);

test.each(["", "{", "{}", '{"requirements":1}'])(
  "a kept resolution that reads %p is named, with the way out",
  async (text) => {
    await using home = await lockHome();
    const version = await packProject(home, {
      "runtime.yaml": yaml("http://127.0.0.1:9/simple", "[{ pip: [demo-a] }]"),
    });
    const path = resolvedPath(home.ctx, version.id);
    await writeFile(path, text);
    const refused = {
      code: "STORE_DAMAGED",
      message: expect.stringContaining(path),
      hint: expect.stringContaining("Delete"),
    };
    await expect(unlocked(home.ctx, version)).rejects.toMatchObject(refused);
  },
);
