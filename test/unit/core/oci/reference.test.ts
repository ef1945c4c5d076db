import { expect, test } from "bun:test";
import { formatReference, manifestKey, parseReference } from "#core/oci/reference.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

test("names are read as docker reads them", () => {
  const cases: [string, string][] = [
    ["demo", "docker.io/library/demo:latest"],
    ["team/demo:1", "docker.io/team/demo:1"],
    ["localhost/demo", "localhost/demo:latest"],
    ["localhost:5000/a/b:1.0", "localhost:5000/a/b:1.0"],
    ["127.0.0.1:5000/x/demo:1", "127.0.0.1:5000/x/demo:1"],
    ["ghcr.io/Star".toLowerCase(), "ghcr.io/star:latest"],
    ["GHCR.io/team/demo", "ghcr.io/team/demo:latest"],
    ["index.docker.io/library/python:3.11", "docker.io/library/python:3.11"],
    [`demo@${DIGEST}`, `docker.io/library/demo@${DIGEST}`],
    [`r.example/a__b/c-d.e:T_1@${DIGEST}`, `r.example/a__b/c-d.e:T_1@${DIGEST}`],
  ];
  for (const [text, whole] of cases) expect(formatReference(parseReference(text))).toBe(whole);
});

test("a digest is what a manifest is asked for by, where there is one", () => {
  expect(manifestKey(parseReference(`demo:1@${DIGEST}`))).toBe(DIGEST);
  expect(manifestKey(parseReference("demo"))).toBe("latest");
});

test("what is no name is refused, and capitals are explained", () => {
  for (const text of [
    "",
    ":1",
    "a/",
    "/a",
    "a//b",
    "a b",
    "demo:",
    "demo@sha256:12",
    "-a",
    "a_-b",
    "host:99999999/a",
    "a/../b",
  ]) {
    expect(() => parseReference(text)).toThrow("is no name of an image");
  }
  try {
    parseReference("team/Demo:1");
    expect.unreachable();
  } catch (e) {
    expect(e).toMatchObject({ code: "USAGE", hint: "Repositories are in lower case." });
  }
});
