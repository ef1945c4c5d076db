import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { buildManifest, identityOf, type ManifestInput, manifestText } from "#core/manifest/package-manifest.ts";
import { read } from "./spec-text.ts";

const LOCK = ".starwhale/lock/requirements-sw-lock.txt";
const golden = (file: string) => Bun.file(join(import.meta.dir, "../../../fixtures/golden", file)).text();

const input = (text: string, more: Partial<ManifestInput> = {}): ManifestInput => ({
  spec: read(text),
  version: "a".repeat(40),
  createdAt: Date.UTC(2026, 10, 22, 0, 40, 53),
  python: "3.11.7",
  autoLock: true,
  lockFiles: [LOCK],
  platforms: ["linux-amd64"],
  ...more,
});

describe("from the same runtime.yaml", () => {
  const packages: [string, string, Partial<ManifestInput>][] = [
    ["g01-yaml-simple", "hjehudilnwl6eaev57aqhsofdzg6noqeplwycwrt", { createdAt: Date.UTC(2026, 10, 22, 0, 40, 53) }],
    ["g02-yaml-full", "443rh45f5nxwj2bpp3tjynlskyozaoincg4khjvi", { createdAt: Date.UTC(2026, 10, 22, 0, 42, 0) }],
    [
      "g03-yaml-nolock",
      "k7npbamqxaya3nbk6go6xwlhtrsonpjypqbebmwm",
      { createdAt: Date.UTC(2026, 10, 22, 0, 42, 37), autoLock: false, lockFiles: [] },
    ],
  ];
  test.each(packages)("the manifest of %s is the Python client's, but for our own key", async (name, version, more) => {
    const manifest = buildManifest(input(await golden(`${name}/input-runtime.yaml`), { version, ...more }));
    const { swcli, ...theirs } = manifest;
    expect(manifestText(theirs)).toBe(await golden(`${name}/_manifest.yaml`));
    expect(swcli).toEqual({ format: 1, platforms: ["linux-amd64"] });
  });
});

test("files of the yaml, included files and lock files are artifacts, each once", () => {
  const text = "name: a\ndependencies: [./reqs/a.txt, conda.yaml, {wheels: [w/x.whl]}]\n";
  const manifest = buildManifest(input(text, { includedFiles: ["reqs/b.txt", "reqs/a.txt"] }));
  expect(manifest.artifacts).toEqual({
    dependencies: [
      "dependencies/reqs/a.txt",
      "dependencies/conda.yaml",
      "dependencies/reqs/b.txt",
      `dependencies/${LOCK}`,
    ],
    files: [],
    runtime_yaml: "runtime.yaml",
    wheels: ["wheels/w/x.whl"],
  });
});

test("no password of the yaml gets into the manifest", () => {
  const text = `name: a
configs:
  pip: {index_url: "https://u:s3cret@a.test/s", extra_index_url: ["https://s3cret@b.test"]}
  conda: {channels: ["https://u:s3cret@c.test"], condarc: {proxy: {https: "http://u:s3cret@d.test"}}}
dependencies:
  - pip: ["x @ git+https://s3cret@git.test/x", "y @ git+https://\${TOKEN}@git.test/y"]
`;
  const written = manifestText(buildManifest(input(text)));
  expect(written).not.toContain("s3cret");
  expect(written).toContain("index_url: https://a.test/s");
  expect(written).toContain("- y @ git+https://${TOKEN}@git.test/y");
});

test("where the values come from that a yaml does not give", () => {
  const venv = buildManifest(
    input("name: a\n", { envPrefixPath: null, envUseShell: true, pythonEnv: "venv", python: "3.12" }),
  );
  expect(venv.environment).toMatchObject({
    python: "3.12",
    lock: {
      env_prefix_path: null,
      env_use_shell: true,
      shell: { python_env: "venv", python_version: "3.12", use_venv: true, use_conda: false },
      starwhale_version: "0.6.15",
    },
  });
  const locked = (yaml: string) => buildManifest(input(yaml, { lockedStarwhale: "0.6.1" })).environment.lock;
  expect(locked("name: a\n").starwhale_version).toBe("0.6.1");
  expect(locked("name: a\nenvironment: {starwhale_version: 0.5.0}\n").starwhale_version).toBe("0.5.0");
  expect(buildManifest(input("name: a\n", { imageRepo: "r.test/x" })).base_image).toBe("r.test/x/base:0.3.4");
  expect(buildManifest(input("name: a\n", { pythonFrom: "host" })).swcli).toMatchObject({ python_from: "host" });
});

describe("the identity of a version", () => {
  const yaml = "name: a\nenvironment: {cuda: 11.4}\ndependencies:\n  - pip: [six]\n";
  const identity = (text: string, more: Partial<ManifestInput> = {}) =>
    JSON.stringify(identityOf(buildManifest(input(text, more))));

  test.each<[string, string, Partial<ManifestInput>]>([
    ["its name", yaml.replace("name: a", "name: b"), {}],
    ["version and time", yaml, { version: "b".repeat(40), createdAt: 0 }],
    ["the builder", yaml, { system: "Darwin", clientVersion: "9.9.9", python: "3.11.9", pythonEnv: "venv" }],
    ["the image's repository and version", yaml, { imageRepo: "r.test/x", imageVersion: "9" }],
    ["the environment it was made from", yaml, { envName: "e", envPrefixPath: "/p", envUseShell: true }],
    ["starwhale in the lock", yaml, { lockedStarwhale: "0.1.0" }],
    ["who chose the Python", yaml, { pythonFrom: "host" }],
  ])("does not count %s", (_what, text, more) => {
    expect(identity(text, more)).toBe(identity(yaml));
  });

  test.each<[string, string, Partial<ManifestInput>]>([
    ["the packages", yaml.replace("six", "five"), {}],
    ["the mode", `${yaml}mode: conda\n`, {}],
    ["the Python's minor version", yaml, { python: "3.10.7" }],
    ["the architectures", yaml.replace("cuda: 11.4", "cuda: 11.4, arch: amd64"), {}],
    ["whether there is a lock", yaml, { autoLock: false }],
    ["the lock files", yaml, { lockFiles: [] }],
    ["the platforms", yaml, { platforms: ["linux-amd64", "linux-arm64"] }],
    ["an image of one's own", yaml.replace("cuda: 11.4", "docker: {image: x}"), {}],
    ["the index", `${yaml}configs: {pip: {index_url: "https://a.test"}}\n`, {}],
    ["the condarc", `${yaml}configs: {conda: {condarc: {ssl_verify: false}}}\n`, {}],
  ])("counts %s", (_what, text, more) => {
    expect(identity(text, more)).not.toBe(identity(yaml));
  });

  test("does not depend on the order in which keys were written", () => {
    const files = (item: string) => identity(`name: a\ndependencies:\n  - files: [{${item}}]\n`);
    expect(files("src: a, dest: b, x: 1, w: {q: 1, p: 2}")).toBe(files("w: {p: 2, q: 1}, x: 1, dest: b, src: a"));
  });
});
