import { expect, test } from "bun:test";
import { baseImageName, commandsOf } from "#core/docker/image-plan.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { SwError } from "#core/errors.ts";
import { manifest, planOf, recipe } from "./subject.ts";

test("what nobody chose is amd64, gzip and OCI; tags are full names", () => {
  const plan = planOf({ tags: ["demo:1", "h:5000/a/b"] });
  expect(plan.platforms.map(({ name }) => name)).toEqual(["linux/amd64"]);
  expect(plan).toMatchObject({ compression: "gzip", format: "oci", builder: undefined, python: "3.11" });
  expect(plan.tags).toEqual(["docker.io/library/demo:1", "h:5000/a/b:latest"]);
  expect(planOf({ compression: "zstd", format: "docker", builder: "b" })).toMatchObject({
    ...{ compression: "zstd", format: "docker", builder: "b" },
  });
});

test("docker itself is given gzip, which every engine reads", () => {
  expect(planOf({ compression: "zstd", output: { kind: "engine" } }).compression).toBe("gzip");
});

test("a tag that is no reference is refused before anything is made", () => {
  expect(() => planOf({ tags: ["A B"] })).toThrow();
});

test("a platform that the lock lacks is refused with both ways out; a lock that does not say covers all", () => {
  const locked = { ...recipe, platforms: ["linux-x86_64"] };
  const refused = () => planOf({ recipe: locked, platforms: ["amd64", "arm64"] });
  expect(refused).toThrow("locked for linux-x86_64, not for linux/arm64");
  const hintOf = (locks: Recipe["platforms"], platforms: string[]) => {
    try {
      planOf({ recipe: { ...recipe, platforms: locks }, platforms });
    } catch (e) {
      return e instanceof SwError ? e.hint : String(e);
    }
  };
  const build = (name: string) => `Build it with ${name} under environment.arch`;
  expect(hintOf(["linux-x86_64"], ["arm64"])).toBe(`${build("arm64")}, or ask only for --platform amd64.`);
  // Nobody gave one that could be left out.
  expect(hintOf(["linux-aarch64"], [])).toBe(`${build("amd64")}, or give --platform arm64.`);
  expect(hintOf(["macos-arm64"], [])).toBe(`${build("amd64")}.`);
  expect(planOf({ recipe: locked }).platforms).toHaveLength(1);
  expect(planOf({ platforms: ["arm64"] }).platforms).toHaveLength(1);
});

test("commands of all dependencies come in the order of the yaml", () => {
  const yaml =
    "dependencies: { raw_deps: [{ kind: command, deps: [a, b] }, { kind: pip_pkg, deps: [x] }, { kind: command, deps: [c] }] }\n";
  expect(commandsOf(manifest(yaml))).toEqual(["a", "b", "c"]);
  expect(planOf({ manifest: manifest(yaml) }).commands).toEqual(["a", "b", "c"]);
});

const BUILTIN = "docker: { builtin_run_image: { fullname: 'r/base:1', repo: r, name: base, tag: '1' } }\n";
const CUSTOM = "docker: { custom_run_image: 'my/base:2', builtin_run_image: { name: base, repo: r, tag: '1' } }\n";

test.each([
  ["what was asked for", CUSTOM, "asked:3", "mirror", "asked:3"],
  ["the runtime's own image, from no other repository", CUSTOM, undefined, "mirror", "my/base:2"],
  [
    "the built-in one of this machine's repository",
    BUILTIN,
    undefined,
    "mirror.example/sw/",
    "mirror.example/sw/base:1",
  ],
  ["the built-in one of the package", BUILTIN, undefined, undefined, "r/base:1"],
  ["what an old package calls it", "base_image: old/base:0\n", undefined, "mirror", "old/base:0"],
])("the base is %s", (_, yaml, asked, repo, expected) => {
  expect(baseImageName({ manifest: manifest(yaml), asked, repo })).toBe(expected);
});

test("a Python without a built-in image needs one by name", () => {
  const newer = { ...manifest(BUILTIN), environment: { ...manifest().environment, python: "3.13" } };
  const choose = (asked?: string) => baseImageName({ manifest: newer, asked, repo: undefined });
  expect(() => choose()).toThrow("no built-in base image with Python 3.13");
  expect(choose("own:1")).toBe("own:1");
});
