import { describe, expect, test } from "bun:test";
import { type CopyEnd, parseCopyDest, parseCopySource } from "#core/uri/copy-uri.ts";
import { onServer, someConfig } from "./context.ts";

const ID = "ge3tkylgha2tenrtmftdgyjzni3dayq";
const PRE = { kind: "server", alias: "pre-k8s", base: "http://127.0.0.1:18999" } as const;
const CLOUD = `cloud://pre-k8s/project/mnist/mnist-cloud/version/${ID}`;
const SLIP = `cloud://pre-k8s/project/runtime/mnist/mnist-cloud/version/${ID}`;
const cloud: CopyEnd = { ...PRE, project: "mnist", name: "mnist-cloud", version: ID };
const local = (project: string, name: string): CopyEnd => ({ kind: "local", project, name, version: "" });

// The guide's eight copy examples: source, destination, -dlp, expected destination.
const EXAMPLES: [string, string, string | undefined, CopyEnd][] = [
  [CLOUD, "local/project/myproject/mnist-local", undefined, local("myproject", "mnist-local")],
  [SLIP, ".", undefined, local("self", "mnist-cloud")],
  [CLOUD, ".", "myproject", local("myproject", "mnist-cloud")],
  [SLIP, "mnist-local", undefined, local("self", "mnist-local")],
  [CLOUD, "mnist-local", "myproject", local("myproject", "mnist-local")],
  [
    "mnist-local/version/latest",
    "cloud://pre-k8s/project/mnist/mnist-cloud",
    undefined,
    { ...PRE, project: "mnist", name: "mnist-cloud", version: "" },
  ],
  [
    "mnist-local/version/latest",
    "cloud://pre-k8s/project/mnist",
    undefined,
    { ...PRE, project: "mnist", name: "mnist-local", version: "" },
  ],
  [
    "mnist-local/version/latest",
    "pre-k8s/project/mnist",
    undefined,
    { ...PRE, project: "mnist", name: "mnist-local", version: "" },
  ],
  [
    "local/project/myproject/runtime/mnist-local/version/latest",
    "cloud://pre-k8s/project/mnist",
    undefined,
    { ...PRE, project: "mnist", name: "mnist-local", version: "" },
  ],
  [CLOUD, ".", "local/project/myproject", local("myproject", "mnist-cloud")],
  [CLOUD, "", undefined, local("self", "mnist-cloud")],
  ["demo", "copy-of-demo", undefined, local("self", "copy-of-demo")],
  ["demo", ".", "other", local("other", "demo")],
  ["demo", "local/project/p/runtime/x/version/v9", undefined, local("p", "x")],
  ["oci://reg.example.com/team/demo:1", "x", undefined, local("self", "x")],
];

describe("copy fills in what the destination leaves out", () => {
  test.each(EXAMPLES)("%s %s -dlp %s", (source, dest, destLocalProject, expected) => {
    const from = parseCopySource(source, someConfig);
    expect(parseCopyDest(dest, someConfig, { source: from, destLocalProject })).toEqual(expected);
  });
});

test("the guide's slip names the same source as the right form", () => {
  expect(parseCopySource(SLIP, someConfig)).toEqual(cloud);
  expect(parseCopySource(CLOUD, someConfig)).toEqual(cloud);
});

test("a copy from a server lands locally also while a server is the current instance", () => {
  expect(parseCopyDest(".", onServer, { source: cloud })).toEqual(local("self", "mnist-cloud"));
  expect(parseCopyDest("x", onServer, { source: cloud, destLocalProject: "p" })).toEqual(local("p", "x"));
  const source = parseCopySource("local/project/self/demo", onServer);
  expect(parseCopyDest("x", onServer, { source })).toMatchObject({
    kind: "server",
    alias: "twin",
    project: "7",
    name: "x",
  });
});

test("-dlp beside a destination with its own project is a usage error, and a server's project is refused", () => {
  const defaults = { source: cloud, destLocalProject: "p" };
  expect(() => parseCopyDest("local/project/q", someConfig, defaults)).toThrow(
    expect.objectContaining({ code: "USAGE" }),
  );
  const server = { source: cloud, destLocalProject: "cloud://pre-k8s/project/q" };
  expect(() => parseCopyDest(".", someConfig, server)).toThrow(expect.objectContaining({ code: "URI_INVALID" }));
});

test("a source without a runtime's name needs one in the destination", () => {
  const source = parseCopySource("./demo.swrt", someConfig);
  expect(source).toEqual({ kind: "file", path: "./demo.swrt" });
  expect(() => parseCopyDest(".", someConfig, { source })).toThrow(/does not say/);
  expect(parseCopyDest(".", someConfig, { source, sourceName: "demo" })).toEqual(local("self", "demo"));
});

describe("oci", () => {
  const hex = "a".repeat(64);
  test.each([
    [
      "oci://Reg.example.com/team/demo",
      { host: "reg.example.com", repository: "team/demo", tag: undefined, digest: undefined },
    ],
    ["oci://127.0.0.1:5000/demo:v1.0", { host: "127.0.0.1:5000", repository: "demo", tag: "v1.0", digest: undefined }],
    [`OCI://h/a__b/c-d@sha256:${hex}`, { host: "h", repository: "a__b/c-d", tag: undefined, digest: `sha256:${hex}` }],
    [`oci://h/d:t@sha256:${hex}`, { host: "h", repository: "d", tag: "t", digest: `sha256:${hex}` }],
  ])("%s", (text, expected) => expect(parseCopySource(text, someConfig)).toEqual({ kind: "oci", ...expected }));

  test.each([
    "oci://",
    "oci://h",
    "oci://h/",
    "oci://h/UP",
    "oci://h/a//b",
    "oci://h/../x",
    "oci://h/a:",
    "oci://h/a@sha256:12",
    "oci://u:p@h/a",
    "oci://-h/a",
  ])("%s is refused", (text) => {
    expect(() => parseCopySource(text, someConfig)).toThrow(expect.objectContaining({ code: "URI_INVALID" }));
  });
});

test("only a path without a scheme is a package file", () => {
  expect(parseCopyDest("/tmp/out dir/x.swrt", someConfig, { source: cloud })).toEqual({
    kind: "file",
    path: "/tmp/out dir/x.swrt",
  });
  expect(parseCopySource("http://127.0.0.1:18999/project/p/x.swrt", someConfig)).toMatchObject({
    kind: "server",
    name: "x.swrt",
  });
  for (const path of ["./demo.tar", "../demo", "/srv/demo.tgz", "~/demo"]) {
    expect(() => parseCopySource(path, someConfig)).toThrow(/ends in \.swrt/);
    expect(() => parseCopyDest(path, someConfig, { source: cloud })).toThrow(/ends in \.swrt/);
  }
  expect(() => parseCopySource("a\0.swrt", someConfig)).toThrow(expect.objectContaining({ code: "URI_INVALID" }));
});
