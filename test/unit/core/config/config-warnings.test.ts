import { expect, test } from "bun:test";
import { configWarnings } from "#core/config/config-warnings.ts";

test("a key of ours at another place is named with the place where it is read", () => {
  expect(configWarnings({ limits: { envs_size: 1 } })).toEqual([
    "limits is read by nobody; did you mean swcli.limits?",
  ]);
  expect(configWarnings({ envs_size: 1 })).toEqual([
    "envs_size is read by nobody; did you mean swcli.limits.envs_size?",
  ]);
  expect(configWarnings({ swcli: { envs_size: 1 } })).toEqual([
    "swcli.envs_size is read by nobody; did you mean swcli.limits.envs_size?",
  ]);
});

test("a misspelt key of ours is named with those that there are", () => {
  expect(configWarnings({ swcli: { limits: { env_size: 1 } } })).toEqual([
    "swcli.limits.env_size is read by nobody; there is swcli.limits.envs_size, swcli.limits.images_size",
  ]);
  expect(configWarnings({ swcli: { limit: {} } })[0]).toContain("there is swcli.limits, swcli.slots");
});

test("what is right, the Python client's or empty is no matter", () => {
  const right = { limits: { envs_size: "20GiB" }, slots: { image: 1 }, conda: null, caches: { shared: {} } };
  for (const plain of [{ swcli: right }, { storage: {}, link_auths: [], version: "2.0" }, { swcli: null }, null])
    expect(configWarnings(plain)).toEqual([]);
});
