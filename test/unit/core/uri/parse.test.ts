import { describe, expect, test } from "bun:test";
import { SwError } from "#core/errors.ts";
import { defaultProject, parseProjectUri, parseRuntimeUri } from "#core/uri/parse.ts";
import { formatUri, type RuntimeUri, type UriContext } from "#core/uri/uri.ts";
import { onServer, someConfig } from "./context.ts";

const ID = "ge3tkylgha2tenrtmftdgyjzni3dayq";
const PRE = { kind: "server", alias: "pre-k8s", base: "http://127.0.0.1:18999" } as const;
const DEEP = { kind: "server", alias: "deep", base: "https://sw.example.com/starwhale" } as const;
const local = (name: string, version = "", project = "self"): RuntimeUri => ({ kind: "local", project, name, version });

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (e) {
    return e instanceof SwError ? e.code : `not ours: ${e}`;
  }
  return "no error";
}

// Every runtime URI of the two guides, in the guides' spelling.
const GUIDE: [string, RuntimeUri][] = [
  [
    `cloud://pre-k8s/project/mnist/mnist-cloud/version/${ID}`,
    { ...PRE, project: "mnist", name: "mnist-cloud", version: ID },
  ],
  [
    `cloud://pre-k8s/project/runtime/mnist/mnist-cloud/version/${ID}`,
    { ...PRE, project: "mnist", name: "mnist-cloud", version: ID },
  ],
  ["local/project/myproject/mnist-local", local("mnist-local", "", "myproject")],
  ["mnist-local", local("mnist-local")],
  ["mnist-local/version/latest", local("mnist-local", "latest")],
  ["cloud://pre-k8s/project/mnist/mnist-cloud", { ...PRE, project: "mnist", name: "mnist-cloud", version: "" }],
  ["local/project/myproject/runtime/mnist-local/version/latest", local("mnist-local", "latest", "myproject")],
  ["pytorch", local("pytorch")],
  ["pytorch/version/v0", local("pytorch", "v0")],
  ["pytorch/version/v1", local("pytorch", "v1")],
];

const FORMS: [string, RuntimeUri][] = [
  ["demo/v0", local("demo", "v0")],
  ["demo/my-tag_1.0", local("demo", "my-tag_1.0")],
  ["demo/version/4abc", local("demo", "4abc")],
  ["runtime/demo", local("demo")],
  ["runtime/demo/v1", local("demo", "v1", "self")],
  ["runtime/demo/version/v1", local("demo", "v1")],
  ["runtime/version/v1", local("runtime", "v1")],
  ["self/demo", local("self", "demo")],
  ["other/runtime/demo", local("demo", "", "other")],
  ["other/runtime/demo/version/v3", local("demo", "v3", "other")],
  ["project/other/runtime/demo", local("demo", "", "other")],
  ["local/project/self/runtime/demo/v2", local("demo", "v2")],
  ["local/project/runtime/demo", local("demo", "", "runtime")],
  ["local/project/runtime/runtime/demo", local("demo", "", "runtime")],
  ["local/project/runtime/mnist/mnist-cloud", local("mnist-cloud", "", "mnist")],
  ["local/project/p/runtime/runtime", local("runtime", "", "p")],
  ["local/project/p/runtime/version/version/v1", local("version", "v1", "p")],
  ["cloud://local/project/self/runtime/demo", local("demo")],
  ["_x", local("_x")],
  ["a".repeat(80), local("a".repeat(80))],
  ["pre-k8s/project/mnist/runtime/demo", { ...PRE, project: "mnist", name: "demo", version: "" }],
  ["pre-k8s/project/7/runtime/demo/version/v9", { ...PRE, project: "7", name: "demo", version: "v9" }],
  ["cloud://pre-k8s/project/ann:vision/runtime/demo", { ...PRE, project: "ann:vision", name: "demo", version: "" }],
  [
    "http://127.0.0.1:18999/project/mnist/runtime/demo/version/v1",
    { ...PRE, project: "mnist", name: "demo", version: "v1" },
  ],
  ["HTTP://127.0.0.1:18999/project/mnist/demo/", { ...PRE, project: "mnist", name: "demo", version: "" }],
  ["https://sw.example.com/starwhale/project/p/runtime/demo", { ...DEEP, project: "p", name: "demo", version: "" }],
  ["https://SW.example.com:443/starwhale/projects/3/runtimes/12", { ...DEEP, project: "3", name: "12", version: "" }],
  [
    "http://127.0.0.1:18999/projects/3/runtimes/12/versions/40/overview?tab=files#top",
    { ...PRE, project: "3", name: "12", version: "40" },
  ],
  ["http://127.0.0.1:18999/projects/3/runtimes/12/versions", { ...PRE, project: "3", name: "12", version: "" }],
  [
    "https://unknown.example.com:8443/project/p/runtime/demo",
    {
      kind: "server",
      alias: undefined,
      base: "https://unknown.example.com:8443",
      project: "p",
      name: "demo",
      version: "",
    },
  ],
];

describe("a runtime URI of the guides means what the guides say", () => {
  test.each(GUIDE)("%s", (text, expected) => expect(parseRuntimeUri(text, someConfig)).toEqual(expected));
});

describe("every other form of the grammar is understood", () => {
  test.each(FORMS)("%s", (text, expected) => expect(parseRuntimeUri(text, someConfig)).toEqual(expected));
});

test.each([...GUIDE, ...FORMS])("the full form of %s parses to the same", (_, uri) => {
  expect(parseRuntimeUri(formatUri(uri), someConfig)).toEqual(uri);
});

describe("a URI that the grammar does not have is refused", () => {
  test.each([
    "",
    ".",
    "..",
    "../demo",
    "/demo",
    "demo/",
    "demo//v1",
    "local/project//runtime/demo",
    "cloud://pre-k8s//project/p/demo",
    "cloud://pre-k8s/demo",
    "cloud://",
    "local/project/self",
    "cloud://pre-k8s/project/mnist",
    "http://127.0.0.1:18999",
    "http://127.0.0.1:18999/project/p/../../x",
    "http://127.0.0.1:18999/projects/3/models/12",
    "http://127.0.0.1:18999/projects/3/runtimes/..",
    "http://",
    "ftp://host/project/p/demo",
    "oci://host/demo",
    "demo/x/v1",
    "demo/version/v1/x",
    "local/project/self/model/mnist/version/v1",
    "0demo",
    "-demo",
    ".demo",
    "a".repeat(81),
    "demo/version/..",
    "demo/version/.x",
    "demo\n",
    "demo\0",
    "de mo",
    "d\u00e9mo",
    "demo\u202e",
    "%2e%2e",
    "demo/version/%2e%2e",
    "local/project/%2e%2e/runtime/demo",
    "a\\b",
    "x/".repeat(5000),
    "a".repeat(10_240),
  ])("%j", (text) => {
    const code = codeOf(() => parseRuntimeUri(text, someConfig));
    expect(["URI_INVALID"]).toContain(code);
  });
});

test("an unknown alias names those that there are", () => {
  for (const text of [
    "nope/project/p/demo",
    "cloud://nope/project/p/demo",
    "__proto__/project/p/demo",
    "constructor/project/p/demo",
  ]) {
    expect(() => parseRuntimeUri(text, someConfig)).toThrow(expect.objectContaining({ code: "INSTANCE_NOT_FOUND" }));
  }
});

test("two aliases of one address: the current instance is meant", () => {
  const uri = parseRuntimeUri("http://127.0.0.1:18999/project/p/runtime/demo", onServer);
  expect(uri).toMatchObject({ alias: "twin", base: "http://127.0.0.1:18999" });
});

test("short forms go to the current instance and its project", () => {
  expect(parseRuntimeUri("demo/v1", onServer)).toEqual({
    kind: "server",
    alias: "twin",
    base: "http://127.0.0.1:18999",
    project: "7",
    name: "demo",
    version: "v1",
  });
  const other: UriContext = { ...someConfig, currentProject: "work" };
  expect(parseRuntimeUri("demo", other)).toEqual(local("demo", "", "work"));
});

test("a server without a selected project says how to select one", () => {
  const config: UriContext = { ...someConfig, currentInstance: "pre-k8s", currentProject: undefined };
  expect(() => parseRuntimeUri("demo", config)).toThrow(/no project is selected on pre-k8s/);
  expect(parseRuntimeUri("local/project/self/runtime/demo", config)).toEqual(local("demo"));
});

test("a password in an address is refused and not repeated", () => {
  try {
    parseRuntimeUri("http://ann:hunter2@127.0.0.1:18999/project/p/runtime/demo", someConfig);
    expect.unreachable();
  } catch (e) {
    expect(JSON.stringify(e)).not.toContain("hunter2");
    expect(e).toMatchObject({ code: "URI_INVALID" });
  }
});

test("the message for a long or unprintable URI is short and printable", () => {
  for (const text of ["a".repeat(10_240), "\u001b[31mred"]) {
    const message = (() => {
      try {
        parseRuntimeUri(text, someConfig);
      } catch (e) {
        return String(e);
      }
    })();
    expect(message).toMatch(/^[\x20-\x7e…]{1,300}$/);
  }
});

describe("a project URI", () => {
  test.each([
    ["self", { kind: "local", project: "self" }],
    ["myproject", { kind: "local", project: "myproject" }],
    ["project/myproject", { kind: "local", project: "myproject" }],
    ["local/project/myproject", { kind: "local", project: "myproject" }],
    ["pre-k8s/project/mnist", { ...PRE, project: "mnist" }],
    ["cloud://pre-k8s/project/mnist", { ...PRE, project: "mnist" }],
    ["cloud://pre-k8s/project/runtime", { ...PRE, project: "runtime" }],
    ["http://127.0.0.1:18999/project/3", { ...PRE, project: "3" }],
    ["http://127.0.0.1:18999/projects/3/", { ...PRE, project: "3" }],
    ["http://127.0.0.1:18999/projects/3/runtimes", { ...PRE, project: "3" }],
  ] as const)("%s", (text, expected) => expect(parseProjectUri(text, someConfig)).toEqual(expected));

  test.each(["", ".", ".recover", "..", "3", "self/runtime/demo", "local/project/self/demo", "a//b"])(
    "%j is refused",
    (text) => {
      expect(codeOf(() => parseProjectUri(text, someConfig))).toBe("URI_INVALID");
    },
  );

  test("left out, it is the current one", () => {
    expect(defaultProject(someConfig)).toEqual({ kind: "local", project: "self" });
    expect(defaultProject(onServer)).toMatchObject({ alias: "twin", project: "7" });
    expect(defaultProject({ currentInstance: "local", instances: {} })).toEqual({ kind: "local", project: "self" });
  });
});
