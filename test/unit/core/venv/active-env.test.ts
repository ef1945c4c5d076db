import { expect, test } from "bun:test";
import { activeEnv } from "#core/venv/active-env.ts";

test("nothing active is an error that names the other ways", () => {
  expect(() => activeEnv({ PATH: "/usr/bin" })).toThrow("VIRTUAL_ENV and CONDA_PREFIX are not set");
});

test("a conda environment is called as conda calls it, one without a name by its folder", () => {
  expect(activeEnv({ CONDA_PREFIX: "/opt/c/envs/x", CONDA_DEFAULT_ENV: "x" })).toMatchObject({
    kind: "conda",
    name: "x",
  });
  expect(activeEnv({ CONDA_PREFIX: "/srv/x", CONDA_DEFAULT_ENV: "/srv/x" }).name).toBeUndefined();
});

test("of two the one whose bin comes first on PATH counts, trailing slashes or not", () => {
  const both = { VIRTUAL_ENV: "/v/", CONDA_PREFIX: "/c" };
  expect(activeEnv({ ...both, PATH: "/x:/v/bin/:/c/bin" })).toMatchObject({ kind: "venv", prefix: "/v" });
  expect(activeEnv({ ...both, PATH: "/c/bin:/v/bin" })).toMatchObject({ kind: "conda", prefix: "/c" });
  // Neither on PATH: the one that was made last over the other is the venv.
  expect(activeEnv({ ...both, PATH: "/usr/bin" })).toMatchObject({ kind: "venv" });
});

test("a runtime that is active is called by its name, not by the key that its folder is named by", () => {
  const uri = "local/project/self/runtime/demo/version/abc";
  const marks = { SW_ACTIVATED_RUNTIME_URI_IN_SHELL: uri, SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL: "/r/.envs/0a-1" };
  expect(activeEnv({ VIRTUAL_ENV: "/r/.envs/0a-1", ...marks })).toMatchObject({ kind: "venv", name: "demo" });
  // Another environment was activated over it.
  expect(activeEnv({ VIRTUAL_ENV: "/home/me/v", ...marks }).name).toBeUndefined();
});
