import { expect, test } from "bun:test";
import { parseInstanceUri } from "#core/uri/instance.ts";
import { someConfig } from "./context.ts";

const twin = { kind: "server", alias: "twin", base: "http://127.0.0.1:18999" } as const;

test.each([
  ["local", { kind: "local" }],
  ["cloud://local", { kind: "local" }],
  ["twin", twin],
  ["cloud://twin", twin],
  ["http://127.0.0.1:18999", { ...twin, alias: "pre-k8s" }],
  ["http://127.0.0.1:18999/", { ...twin, alias: "pre-k8s" }],
  ["https://sw.example.com/starwhale", { kind: "server", alias: "deep", base: "https://sw.example.com/starwhale" }],
  ["https://new.example.com", { kind: "server", alias: undefined, base: "https://new.example.com" }],
] as const)("%s is an instance", (text, expected) => {
  expect(parseInstanceUri(text, someConfig)).toEqual(expected);
});

test("an address that only begins like a known one is not that one", () => {
  expect(parseInstanceUri("http://127.0.0.1:1899", someConfig)).toMatchObject({ alias: undefined });
  expect(() => parseInstanceUri("https://sw.example.com/starwhale2", someConfig)).toThrow(/more than an instance/);
});

test("anything after the instance is refused", () => {
  expect(() => parseInstanceUri("http://127.0.0.1:18999/project/x", someConfig)).toThrow(/more than an instance/);
  expect(() => parseInstanceUri("hasOwnProperty", someConfig)).toThrow(
    expect.objectContaining({ code: "INSTANCE_NOT_FOUND" }),
  );
});
