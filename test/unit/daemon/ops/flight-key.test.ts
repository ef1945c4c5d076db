import { expect, test } from "bun:test";
import { mkdir, symlink } from "node:fs/promises";
import type { MethodName } from "#core/protocol/methods.ts";
import { flightKey } from "#daemon/ops/flight-key.ts";
import { storeHome } from "../../core/store/store-home.ts";

interface Asked {
  method?: MethodName;
  params?: unknown;
  cwd?: string;
  env?: Record<string, string>;
}
const ENV = { HOME: "/h", PATH: "/bin", UV_OFFLINE: "0" };
const key = async ({ method = "runtime.build", params = { a: 1, b: 2 }, cwd = "/", env = ENV }: Asked) =>
  await flightKey(method, { params, client: { cwd, env } });

test("what is the same work has one key: parameters in any order, another shell, the folder by another way", async () => {
  await using home = await storeHome();
  await mkdir(`${home.dir}/real`);
  await symlink("real", `${home.dir}/link`);
  expect(await key({ params: { b: 2, a: 1 } })).toBe(await key({}));
  expect(await key({ env: { ...ENV, SHLVL: "7", TERM: "x", SWCLI_SHELL: "12" } })).toBe(await key({}));
  expect(await key({ cwd: `${home.dir}/link` })).toBe(await key({ cwd: `${home.dir}/real` }));
});

test("each thing that may change a result gives another key", async () => {
  await using home = await storeHome();
  const ways: Asked[] = [
    {},
    { method: "runtime.import" },
    { params: { a: 1, b: 3 } },
    { params: { a: 1 } },
    { params: [] },
    { cwd: home.dir },
    { env: { ...ENV, UV_OFFLINE: "1" } },
    { env: { ...ENV, PIP_INDEX_URL: "https://m.test" } },
    { env: { ...ENV, PATH: "/usr/bin" } },
    { env: { ...ENV, HTTPS_PROXY: "http://p.test" } },
  ];
  const keys = await Promise.all(ways.map(key));
  expect(new Set(keys).size).toBe(ways.length);
});

test("a folder that has gone is a folder by its name", async () => {
  expect(await key({ cwd: "/nowhere/a" })).toBe(await key({ cwd: "/nowhere/a" }));
  expect(await key({ cwd: "/nowhere/a" })).not.toBe(await key({ cwd: "/nowhere/b" }));
});
