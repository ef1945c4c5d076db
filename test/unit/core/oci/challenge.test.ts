import { expect, test } from "bun:test";
import { parseChallenge } from "#core/oci/challenge.ts";

test("bearer challenges of registries are read with their quotes and commas", () => {
  const header =
    'Bearer realm="https://auth.example/token?x=1,2",service="registry \\"one\\"",scope="repository:a/b:pull,push"';
  expect(parseChallenge(header)).toEqual({
    scheme: "bearer",
    realm: "https://auth.example/token?x=1,2",
    service: 'registry "one"',
    scope: "repository:a/b:pull,push",
  });
});

test("basic is understood, other schemes are none", () => {
  expect(parseChallenge('basic realm="x"')).toMatchObject({ scheme: "basic", realm: "x" });
  expect(parseChallenge("Negotiate")).toBeUndefined();
  expect(parseChallenge(null)).toBeUndefined();
});
