import { expect, test } from "bun:test";
import { inspect } from "node:util";
import { parseConfig } from "#core/config/config-schema.ts";

const shared = (value: unknown) =>
  parseConfig("config.yaml", { swcli: { caches: { shared: value } } }).swcli.caches.shared;

test("credentials of a shared cache show in no text that is made of the settings", () => {
  const all = [
    shared({ driver: "http", options: { base: "https://team:s3cret@cache.example", headers: { "x-key": "s3cret" } } }),
    shared({ driver: "redis", options: { url: "redis://:s3cret@cache.example" } }),
    shared({ driver: "redis", options: { host: "cache.example", password: "s3cret" } }),
    shared({
      driver: "s3",
      options: { endpoint: "https://s3", bucket: "b", region: "r", accessKeyId: "s3cret", secretAccessKey: "s3cret" },
    }),
  ];
  for (const one of all)
    expect(`${JSON.stringify(one)} ${inspect(one, { depth: 9 })} ${one?.options}`).not.toContain("s3cret");
  expect(JSON.stringify(all[0])).toContain("x-key");
});

test("a driver or an option that nobody knows is named, its value is not", () => {
  const said = (value: unknown): string => {
    try {
      return JSON.stringify(shared(value));
    } catch (e) {
      return String(e);
    }
  };
  expect(said({ driver: "memcached", options: {} })).toContain("swcli.caches.shared.driver");
  expect(said({ driver: "redis", options: { pasword: "s3cret" } })).toContain("swcli.caches.shared.options.pasword");
  expect(said({ driver: "redis", options: { pasword: "s3cret" } })).not.toContain("s3cret");
  expect(said({ driver: "fs", options: {} })).toContain("swcli.caches.shared.options.base");
});
