import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { manifestText } from "#core/manifest/package-manifest.ts";
import { manifestDependencies, parseManifest } from "#core/manifest/parse-manifest.ts";
import { errorOf } from "./spec-text.ts";

const golden = (name: string) =>
  Bun.file(join(import.meta.dir, "../../../fixtures/golden", name, "_manifest.yaml")).text();
const VERSION = "version: ge3tkylgha2tenrtmftdgyjzni3dayq\n";

describe("packages of the Python client", () => {
  test.each(["g01-yaml-simple", "g02-yaml-full", "g03-yaml-nolock", "g06-docker"])(
    "%s is read and written back alike",
    async (name) => {
      const text = await golden(name);
      expect(manifestText(parseManifest(text))).toBe(text);
    },
  );

  test("g02 gives all its dependencies in order", async () => {
    const manifest = parseManifest(await golden("g02-yaml-full"));
    expect(manifest.environment).toMatchObject({ mode: "venv", python: "3.11", arch: ["amd64"] });
    expect(manifest.environment.lock.files).toEqual([".starwhale/lock/requirements-sw-lock.txt"]);
    expect(manifestDependencies(manifest)).toMatchObject([
      { kind: "conda_env_file", path: "conda.yaml" },
      { kind: "pip_req_file", path: "requirements.txt" },
      { kind: "pip_pkg", items: [{ text: "packaging" }] },
      { kind: "conda_pkg", items: [{ text: "zlib" }] },
      { kind: "wheel", items: [{ text: "dummy-0.0.0-py3-none-any.whl" }] },
      {
        kind: "native_file",
        items: [
          { src: "scripts/prepare.sh", dest: "bin/prepare.sh", extra: { name: "prepare" } },
          { src: "scripts/sub", dest: "data", extra: {} },
        ],
      },
      { kind: "command", items: [{ text: "echo hello" }] },
    ]);
  });

  test("an old package that lacks most keys gets their defaults", () => {
    const manifest = parseManifest(
      `${VERSION}dependencies: {pip_pkgs: [six], pip_files: [r.txt]}\nartifacts: {wheels: [wheels/a.whl]}\n`,
    );
    expect(manifest.environment).toMatchObject({ mode: "venv", arch: [], lock: { files: [], env_prefix_path: "" } });
    expect(manifest.configs.conda).toEqual({ channels: [], condarc: {} });
    expect(manifestDependencies(manifest)).toMatchObject([
      { kind: "pip_req_file", path: "r.txt" },
      { kind: "pip_pkg", items: [{ text: "six" }] },
      { kind: "wheel", items: [{ text: "a.whl" }] },
    ]);
  });

  test("a package without dependencies of any kind has none", () => {
    expect(manifestDependencies(parseManifest(VERSION))).toEqual([]);
  });

  test("versions without quotes keep their digits, null lists are empty, a prefix of null stays", () => {
    const manifest = parseManifest(
      `${VERSION}environment: {python: 3.10, arch: noarch, lock: {env_prefix_path: null, files: null}}\nconfigs: null\n`,
    );
    expect(manifest.environment).toMatchObject({
      python: "3.10",
      arch: ["noarch"],
      lock: { env_prefix_path: null, files: [] },
    });
    expect(parseManifest(`${VERSION}environment: {python: 3.8}\n`).environment.python).toBe("3.8");
  });
});

test("keys that only a newer writer knows survive", () => {
  const text = `${VERSION}future: {a: [1, x]}\nenvironment: {gpu: h100, lock: {shell: {x: true}}}\nswcli: {format: 1, platforms: [p], more: 1}\n`;
  const again = parseManifest(manifestText(parseManifest(text)));
  expect(again).toMatchObject({
    future: { a: [1, "x"] },
    environment: { gpu: "h100", lock: { shell: { x: true } } },
    swcli: { format: 1, platforms: ["p"], more: 1 },
  });
});

test("a dependency of a kind that we don't know is passed over", () => {
  const text = `${VERSION}dependencies: {raw_deps: [{kind: future, deps: [x]}, {kind: pip_pkg, deps: [six]}]}\n`;
  expect(manifestDependencies(parseManifest(text))).toMatchObject([{ kind: "pip_pkg", items: [{ text: "six" }] }]);
});

test("a newer format says that a newer swcli is needed, whatever else is wrong", () => {
  const error = errorOf(() => parseManifest("swcli: {format: 2, platforms: {x: y}}\nversion: 1\n"));
  expect([error.code, error.hint]).toEqual(["FORMAT_TOO_NEW", "Use a newer swcli."]);
});

test.each([
  ["nothing", ""],
  ["text", "hello"],
  ["broken yaml", "version: [a"],
  ["a key twice", `${VERSION}${VERSION}`],
  ["no version", "environment: {}"],
  ["a version that is a path", "version: ../../../etc"],
  ["a mode that does not exist", `${VERSION}environment: {mode: docker}`],
  ["a list for a map", `${VERSION}environment: []`],
  ["a lock file outside", `${VERSION}environment: {lock: {files: [../../etc/passwd]}}`],
  ["an absolute lock file", `${VERSION}environment: {lock: {files: [/etc/passwd]}}`],
  ["a format that is text", `${VERSION}swcli: {format: x}`],
  [
    "an alias bomb",
    `${VERSION}a: &a [x, x]\nb: &b [*a, *a]\n${"c: [*b]\n".replace("c", "c0")}d: [${"*b, ".repeat(2000)}]`,
  ],
])("%s is no manifest", (_what, text) => {
  const error = errorOf(() => parseManifest(text));
  expect(error.code).toBe("PACKAGE_INVALID");
  expect(error.message).toStartWith("the package's manifest can't be used: ");
});

test.each([
  ["a requirement file", "{kind: pip_req_file, deps: ../r.txt}"],
  ["a requirement file without name", "{kind: pip_req_file, deps: ''}"],
  ["a wheel", "{kind: wheel, deps: [/a.whl]}"],
  ["a file's source", "{kind: native_file, deps: [{src: a/../../b, dest: c}]}"],
  ["a file without dest", "{kind: native_file, deps: [{src: a}]}"],
])("%s that leads out of the package is refused", (_what, raw) => {
  const manifest = parseManifest(`${VERSION}dependencies: {raw_deps: [${raw}]}\n`);
  expect(errorOf(() => manifestDependencies(manifest)).code).toBe("PACKAGE_INVALID");
});

test("an absolute dest is kept: inside an image it means what it says", () => {
  const text = `${VERSION}dependencies: {raw_deps: [{kind: native_file, deps: [{src: a, dest: /opt/a}]}]}\n`;
  expect(manifestDependencies(parseManifest(text))).toMatchObject([{ items: [{ src: "a", dest: "/opt/a" }] }]);
});
