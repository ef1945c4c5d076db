import { expect, test } from "bun:test";
import { EXPLICIT_LOCK_FILE } from "#core/conda/explicit-lock.ts";
import { recipeOf } from "#core/env/recipe.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { putBlobBytes, readBlobText } from "#core/store/blobs.ts";
import { packLocked, packProject } from "../ops/packed.ts";
import { storeHome } from "../store/store-home.ts";

const YAML = `name: demo
environment: {python: '3.11'}
configs: {pip: {index_url: "https://a.test/simple", trusted_host: [b.test]}}
dependencies:
  - wheels: [w/demo-1.0-py3-none-any.whl]
  - files: [{src: ./tree/, dest: share/tree}, {src: one.sh, dest: bin/one}]
`;
const FILES = {
  "runtime.yaml": YAML,
  "w/demo-1.0-py3-none-any.whl": "wheel",
  "tree/deep/data": "data",
  "one.sh": "one",
};

test("what is needed is read off a package: Python, wheels by name, files by place, the index", async () => {
  await using home = await storeHome();
  const recipe = await recipeOf(home.ctx, await packProject(home, FILES));
  expect(recipe).toMatchObject({
    mode: "venv",
    python: "3.11",
    locked: false,
    wheels: [{ name: "demo-1.0-py3-none-any.whl", sha256: sha256Hex("wheel") }],
    pip: { indexUrl: "https://a.test/simple", extraIndexUrl: [], trustedHost: ["b.test"] },
  });
  expect([recipe.requirements, recipe.vcs, recipe.conda]).toEqual([undefined, undefined, undefined]);
  const placed = recipe.files.map(({ dest, entries }) => [dest, entries.map(({ path, sha256 }) => [path, sha256])]);
  expect(placed).toEqual([
    [
      "share/tree",
      [
        ["deep", undefined],
        ["deep/data", sha256Hex("data")],
      ],
    ],
    ["bin/one", [["", sha256Hex("one")]]],
  ]);
});

test("a folder that a manifest writes with a slash at its end is found", async () => {
  await using home = await storeHome();
  const version = await packProject(home, FILES);
  const text = (await readBlobText(home.ctx, version.manifest)).replaceAll(/src: tree$/gm, "src: ./tree/");
  const { sha256 } = await putBlobBytes(home.ctx, text);
  const { files } = await recipeOf(home.ctx, { ...version, id: "another", manifest: sha256 });
  expect(files[0]?.entries.map(({ path }) => path)).toEqual(["deep", "deep/data"]);
});

test("the lock files of a package are told apart by their names", async () => {
  await using home = await storeHome();
  const version = await packLocked(home, FILES, {
    ".starwhale/lock/requirements-sw-lock.txt": "pip",
    ".starwhale/lock/vcs-requirements-sw-lock.txt": "vcs",
    [EXPLICIT_LOCK_FILE]: "conda",
  });
  const locks = { requirements: sha256Hex("pip"), vcs: sha256Hex("vcs"), conda: sha256Hex("conda"), locked: true };
  expect(await recipeOf(home.ctx, version)).toMatchObject(locks);
});

test("one lock alone is not taken for the other", async () => {
  await using home = await storeHome();
  const version = await packLocked(home, FILES, { ".starwhale/lock/vcs-requirements-sw-lock.txt": "vcs" });
  expect(await recipeOf(home.ctx, version)).toMatchObject({ requirements: undefined, vcs: sha256Hex("vcs") });
});

test.each(["wheels/w/demo-1.0-py3-none-any.whl", "files/tree", "files/one.sh"])(
  "a package that names %s and does not hold it is refused by that name",
  async (path) => {
    await using home = await storeHome();
    const version = await packProject(home, FILES);
    const entries = version.entries.filter((entry) => entry.path !== path);
    const refused = { code: "PACKAGE_INVALID", message: expect.stringContaining(path) };
    await expect(recipeOf(home.ctx, { ...version, entries })).rejects.toMatchObject(refused);
  },
);
