import { expect, test } from "bun:test";
import { imageLabels, imageVariables, layoutFiles, PREFIX, pyvenvConfig } from "#core/docker/image-layout.ts";
import { storeHome } from "../store/store-home.ts";
import { manifest } from "./subject.ts";

const subject = (yaml = "") => ({ name: "demo", version: "v1", python: "3.11", manifest: manifest(yaml) });

test("a server finds the runtime's name and version, and that the environment is restored already", () => {
  const variables = imageVariables(subject());
  expect(variables).toMatchObject({
    ...{ SW_USER_RUNTIME_NAME: "demo", SW_USER_RUNTIME_VERSION: "v1", SW_USER_RUNTIME_RESTORED: "1" },
    ...{ SW_USER_RUNTIME_FROM_DOCKERIZE: "1", SW_RUNTIME_PYTHON_VERSION: "3.11", VIRTUAL_ENV: PREFIX },
    SW_PIP_CACHE_DIR: "/root/.cache/pip",
  });
  expect(Object.keys(variables)).toEqual(Object.keys(variables).toSorted());
  expect(variables).not.toHaveProperty("PATH");
});

test("index settings are there when the runtime has them, and leave no empty variable when not", () => {
  expect(Object.keys(imageVariables(subject())).join()).not.toContain("PYPI");
  const pip = "{ index_url: https://i/simple, extra_index_url: [https://a, '', https://b], trusted_host: [''] }";
  expect(imageVariables(subject(`configs: { pip: ${pip} }\n`))).toMatchObject({
    SW_PYPI_INDEX_URL: "https://i/simple",
    SW_PYPI_EXTRA_INDEX_URL: "https://a https://b",
  });
  expect(imageVariables(subject(`configs: { pip: ${pip} }\n`))).not.toHaveProperty("SW_PYPI_TRUSTED_HOST");
});

test("the base is in the labels by its digest, or not at all", () => {
  expect(imageLabels(subject(), "sha256:ab")).toEqual({
    starwhale_runtime_dockerize: "1",
    starwhale_runtime_name: "demo",
    starwhale_runtime_version: "v1",
    "org.opencontainers.image.base.digest": "sha256:ab",
  });
  expect(Object.keys(imageLabels(subject(), undefined))).toHaveLength(3);
});

test("a login shell and a sourced activate put the runtime in front of PATH, once", async () => {
  await using home = await storeHome();
  const script = (name: string) => layoutFiles(manifest()).find(({ path }) => path.endsWith(name))?.text ?? "";
  for (const name of ["starwhale-runtime.sh", "bin/activate"]) {
    const file = await home.write("script", script(name));
    const run = (path: string) =>
      Bun.spawnSync(["/bin/sh", "-c", `. ${file}; . ${file}; printf %s "$PATH"`], {
        env: { PATH: path },
      }).stdout.toString();
    expect(run("/usr/bin:/bin")).toBe(`${PREFIX}/bin:/usr/bin:/bin`);
    expect(run(`/x:${PREFIX}/bin`)).toBe(`/x:${PREFIX}/bin`);
  }
  const activate = await home.write("activate", script("bin/activate"));
  const shown = Bun.spawnSync(["/bin/sh", "-c", `. ${activate}; env`], { env: {} }).stdout.toString();
  expect(shown).toContain(`VIRTUAL_ENV=${PREFIX}\n`);
});

test("the prefix is a virtual environment of the base's interpreter", () => {
  expect(pyvenvConfig("/usr/local/bin/python3.11", "3.11")).toContain("home = /usr/local/bin\n");
  expect(pyvenvConfig("/python3.11", "3.11")).toContain("home = /\n");
  expect(pyvenvConfig("/usr/bin/python3", "3.11")).toContain("version_info = 3.11\n");
});
