import { expect, test } from "bun:test";
import { activationFiles, packageVariables, personVariables, writeVariables } from "#core/conda/env-variables.ts";
import { storeHome } from "../store/store-home.ts";

test("one value that is no text does not take the others of its file along", async () => {
  await using home = await storeHome();
  const values = {
    TEXT: "a b",
    NUMBER: 3,
    ON: true,
    OFF: false,
    LIST: [1],
    PATH: "/x",
    "": "y",
    "a b": "z",
    NOTHING: null,
    GONE: "***unset***",
  };
  const file = await home.write("env/etc/conda/env_vars.d/x.json", JSON.stringify(values));
  expect(await packageVariables(file)).toEqual({ TEXT: "a b", NUMBER: "3", ON: "True", OFF: "False" });
  expect(await packageVariables(await home.write("y.json", "{"))).toEqual({});
  expect(await packageVariables(await home.write("z.json", "[1]"))).toEqual({});
});

test("variables of a person are added to those that are there, and what else conda keeps there stays", async () => {
  await using home = await storeHome();
  const state = await home.write("env/conda-meta/state", '{"other": 1, "env_vars": {"A": "1", "B": "***unset***"}}');
  const prefix = `${home.dir}/env`;
  await writeVariables(prefix, { C: "3" });
  expect(await personVariables(prefix)).toEqual({ A: "1", C: "3" });
  expect(JSON.parse(await Bun.file(state).text())).toMatchObject({ other: 1, env_vars: { B: "***unset***" } });
  await home.write("env/conda-meta/state", "damaged");
  await writeVariables(prefix, { D: "4" });
  expect(await personVariables(prefix)).toEqual({ D: "4" });
  expect(await personVariables(`${home.dir}/nowhere`)).toEqual({});
});

test("files for the activation are listed from their three folders", async () => {
  await using home = await storeHome();
  for (const path of ["activate.d/b.sh", "activate.d/a.sh", "deactivate.d/a.sh", "env_vars.d/a.json", "other.d/a"])
    await home.write(`env/etc/conda/${path}`, "");
  const files = ["activate.d/a.sh", "activate.d/b.sh", "deactivate.d/a.sh", "env_vars.d/a.json"];
  expect(await activationFiles(`${home.dir}/env`)).toEqual(files.map((path) => `etc/conda/${path}`));
});
