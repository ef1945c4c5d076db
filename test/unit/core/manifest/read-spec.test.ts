import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { readSpec } from "#core/manifest/read-spec.ts";
import { firstLine, read, refused } from "./spec-text.ts";

describe("runtime.yaml files of real projects", () => {
  test("a name, a mode and a requirement file are enough", () => {
    const spec = read("name: helloworld\nmode: venv\ndependencies:\n  - requirements.txt\n");
    expect(spec).toMatchObject({ name: "helloworld", mode: "venv", dir: "/project", warnings: [] });
    expect(spec.dependencies).toEqual([{ kind: "pip_req_file", path: "requirements.txt", at: { line: 4, column: 5 } }]);
    expect(spec.environment).toMatchObject({ os: "ubuntu:20.04", python: undefined, cuda: "", cudnn: "", arch: [] });
    expect(spec.configs).toEqual({
      conda: { channels: ["conda-forge"], condarc: {} },
      docker: { image: "" },
      pip: { indexUrl: "", extraIndexUrl: [], trustedHost: [] },
    });
  });

  test("PyTorch: a GPU runtime with packages, a wheel and a script", () => {
    const spec = read(`api_version: 1.1
configs:
  conda:
    channels:
      - conda-forge
  docker:
    image: ghcr.io/star-whale/runtime/pytorch
dependencies:
  - requirements.txt
  - pip:
      - Pillow
  - wheels:
      - dummy-0.0.0-py3-none-any.whl
  - files:
      - dest: bin/prepare.sh
        name: prepare
        src: scripts/prepare.sh
environment:
  arch: noarch
  os: ubuntu:20.04
  cuda: 11.4
mode: venv
name: pytorch
`);
    expect(spec.warnings).toEqual([]);
    expect(spec.configs.docker.image).toBe("ghcr.io/star-whale/runtime/pytorch");
    expect(spec.environment).toMatchObject({ arch: ["noarch"], cuda: "11.4", cudnn: "", python: undefined });
    expect(spec.dependencies.map(({ kind }) => kind)).toEqual(["pip_req_file", "pip_pkg", "wheel", "native_file"]);
    expect(spec.dependencies[3]).toMatchObject({
      items: [{ src: "scripts/prepare.sh", dest: "bin/prepare.sh", extra: { name: "prepare" } }],
    });
  });

  test("ChatGLM: cudnn '' means that there is none, also with cuda 11.7", () => {
    const spec = read(`api_version: '1.1'
dependencies:
  - pip:
    - starwhale>=0.5.1
  - requirements.txt
environment:
  arch: noarch
  cuda: '11.7'
  cudnn: ''
  os: ubuntu:20.04
  python: '3.8'
mode: venv
name: chatglm6b
`);
    expect(spec.environment).toMatchObject({ cuda: "11.7", cudnn: "", python: "3.8" });
    expect(spec.environment.at).toEqual({ python: { line: 11, column: 11 }, arch: { line: 7, column: 9 } });
    expect(spec.dependencies[0]).toEqual({
      kind: "pip_pkg",
      items: [{ text: "starwhale>=0.5.1", at: { line: 4, column: 7 } }],
      at: { line: 3, column: 5 },
    });
  });

  test("a conda runtime whose `config:` was meant to be `configs:`", () => {
    const spec = read(`api_version: 1.1
dependencies:
  - conda:
      - numpy
  - pip:
      - git+https://github.com/star-whale/ci-helper.git@9ece0c9#subdirectory=examples/dummy
  - wheels:
      - starwhale-0.0.0.dev0-py3-none-any.whl # generated before
  - commands:
      - echo "hello world"
environment:
  os: ubuntu:20.04
mode: conda
name: simple-test-conda
config:
  conda:
    condarc:
      ssl_verify: false
`);
    expect(spec.mode).toBe("conda");
    expect(spec.warnings).toEqual(["runtime.yaml:15:1: unknown key config is ignored; did you mean configs?"]);
    expect(spec.dependencies[1]).toMatchObject({
      items: [{ text: expect.stringMatching(/^git\+.*=examples\/dummy$/) }],
    });
    expect(spec.dependencies[2]).toMatchObject({ items: [{ text: "starwhale-0.0.0.dev0-py3-none-any.whl" }] });
    expect(spec.dependencies[3]).toMatchObject({ kind: "command", items: [{ text: 'echo "hello world"' }] });
  });

  test("every key of the guide at once", async () => {
    const golden = "../../../fixtures/golden/g02-yaml-full/input-runtime.yaml";
    const spec = read(await Bun.file(join(import.meta.dir, golden)).text());
    expect(spec).toMatchObject({ name: "Demo-Full", mode: "venv" });
    expect(spec.environment).toMatchObject({
      cuda: "11.4",
      cudnn: "8",
      arch: ["amd64"],
      dockerImage: "my.com/self/custom",
    });
    expect(spec.configs.pip.trustedHost).toEqual(["example.org", "another.net"]);
    expect(spec.dependencies).toHaveLength(7);
    expect(spec.warnings).toEqual([
      "runtime.yaml:23:5: conda dependencies are kept but not installed, since mode is venv",
      "runtime.yaml:27:5: conda dependencies are kept but not installed, since mode is venv",
    ]);
  });
});

test("an unsupported python is shown in its line, with what may be written there", () => {
  const error = refused("name: demo\n\nenvironment:\n  os: ubuntu:20.04\n  python: 2.7\n");
  expect(error.code).toBe("MANIFEST_PYTHON");
  expect(error.exitCode).toBe(2);
  expect(error.message).toBe(
    ["runtime.yaml:5:11: environment.python 2.7 is not supported", "  5 |   python: 2.7", "    |           ^^^"].join(
      "\n",
    ),
  );
  expect(error.hint).toBe("Use one of 3.7 to 3.13.");
});

test("several mistakes are told at once, in the order of the file, each with its hint", () => {
  const error = refused("mode: docker\nname: 1a\nenvironment:\n  cuda: 12\n");
  expect(error.message.split("\n").filter((line) => line.startsWith("runtime.yaml"))).toEqual([
    "runtime.yaml:1:7: mode docker is not supported",
    "runtime.yaml:2:7: 1a can't be the name of a runtime",
    "runtime.yaml:4:9: environment.cuda 12 is not supported",
  ]);
  expect(error.message).toContain("Use venv or conda.");
  expect(error.hint).toBe("Use one of 11.3 to 11.7, or leave it out.");
  expect(error.code).toBe("MANIFEST_INVALID");
});

test.each([
  ["no name", "mode: venv\n", "1:1: the runtime has no name"],
  ["an empty name", "mode: venv\nname:\n", "1:1: the runtime has no name"],
  ["a null name", "name: ~\n", "1:1: the runtime has no name"],
  ["a name that begins with a digit", "name: 9lives\n", "1:7: 9lives can't be the name of a runtime"],
  ["a name with a blank", "name: my runtime\n", "1:7: my runtime can't be the name of a runtime"],
  ["a name that is a path", "name: a/b\n", "1:7: a/b can't be the name of a runtime"],
  ["a name of 81 letters", `name: ${"a".repeat(81)}\n`, `1:7: ${"a".repeat(81)} can't be the name of a runtime`],
])("%s is refused", (_what, text, message) => {
  const error = refused(text);
  expect(error.code).toBe("MANIFEST_NAME");
  expect(firstLine(error)).toBe(message);
});

test.each(["a", "_x", "Demo-Full", "a.b_c-1", "a".repeat(80)])("%s is a name", (name) => {
  expect(read(`name: ${name}\n`).name).toBe(name);
});

test.each([
  ["a list as name", "name: [a]\n", "1:7: name must be text, not a list"],
  ["a map as mode", "name: a\nmode: {venv: 1}\n", "2:7: mode must be text, not a map"],
  [
    "text as environment",
    "name: a\nenvironment: py3\n",
    "2:14: environment must be a map of keys and values, not text",
  ],
  ["a list as configs", "name: a\nconfigs: [x]\n", "2:10: configs must be a map of keys and values, not a list"],
  ["a map as dependencies", "name: a\ndependencies:\n  pip: [six]\n", "3:3: dependencies must be a list, not a map"],
  ["a document that is a list", "- name: a\n", "1:1: the file must be a map of keys and values, not a list"],
  ["a document that is text", "hello\n", "1:1: the file must be a map of keys and values, not text"],
  ["a key that is a list", "name: a\n? [x]\n: 1\n", "2:3: the file has a key that is not text"],
])("%s is a wrong type", (_what, text, message) => {
  const error = refused(text);
  expect(error.code).toBe("MANIFEST_TYPE");
  expect(firstLine(error)).toBe(message);
});

test.each([
  ["mode: docker", "2:7: mode docker is not supported"],
  ["api_version: 1.0", "2:14: api_version 1.0 is not supported"],
  ["api_version: 1.10", "2:14: api_version 1.10 is not supported"],
])("%s is refused", (line, message) => {
  const error = refused(`name: a\n${line}\n`);
  expect(error.code).toBe("MANIFEST_INVALID");
  expect(firstLine(error)).toBe(message);
});

test.each(["1.1", "'1.1'", '"1.1"', "", "null"])("api_version %s is fine", (version) => {
  expect(read(`name: a\napi_version: ${version}\n`).name).toBe("a");
});

test.each([
  ["nothing conda", "- pip: [six]", undefined, "venv"],
  ["a conda list", "- conda: [numpy]", undefined, "conda"],
  ["a conda file", "- environment.yml", undefined, "conda"],
  ["conda mode without conda packages", "- pip: [six]", "conda", "conda"],
  ["a conda list with mode venv", "- conda: [numpy]", "venv", "venv"],
] as const)("the mode of a runtime with %s", (_what, dependency, written, mode) => {
  const spec = read(`name: a\n${written ? `mode: ${written}\n` : ""}dependencies:\n  ${dependency}\n`);
  expect(spec.mode).toBe(mode);
  expect(spec.dependencies).toHaveLength(1);
  expect(spec.warnings.length).toBe(written === "venv" ? 1 : 0);
});

test("the old top-level keys still work, and the newer ones win", () => {
  const old = read("name: a\npython_version: 3.8.10\npip_req: requirements.txt\ndependencies:\n  - pip: [six]\n");
  expect(old.environment.python).toBe("3.8");
  expect(old.dependencies.map(({ kind }) => kind)).toEqual(["pip_pkg", "pip_req_file"]);
  expect(read("name: a\npython_version: 3.8\nenvironment: {python: 3.9}\n").environment.python).toBe("3.9");
  expect(firstLine(refused("name: a\npython_version: 2.7\n"))).toBe("2:17: python_version 2.7 is not supported");
});

test("hooks are read over in silence, unknown keys are not", () => {
  const spec = read("name: a\nhooks: {pre: x}\nenvironmet: {}\nzzz: 1\nconfigs:\n  pip: {indexurl: x}\n  zzz: 1\n");
  expect(spec.warnings).toEqual([
    "runtime.yaml:3:1: unknown key environmet is ignored; did you mean environment?",
    "runtime.yaml:4:1: unknown key zzz is ignored",
    "runtime.yaml:7:3: unknown key configs.zzz is ignored",
    "runtime.yaml:6:9: unknown key configs.pip.indexurl is ignored; did you mean index_url?",
  ]);
});

describe("the file itself", () => {
  let dir = "";
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "swcli-spec-"));
    await mkdir(join(dir, "sub"));
    await writeFile(join(dir, "sub", "runtime.yaml"), "name: sub\nenvironment: {python: 2.7}\n");
    await writeFile(join(dir, "good.yml"), "name: good\n");
    await writeFile(join(dir, "mark.yaml"), "\uFEFFname: marked\r\nmode: venv\r\n");
    await writeFile(join(dir, "latin.yaml"), Buffer.from([0x6e, 0x61, 0x6d, 0x65, 0x3a, 0x20, 0xe9, 0x0a]));
    await writeFile(join(dir, "utf16.yaml"), Buffer.from("\uFEFFname: a\n", "utf16le"));
    await writeFile(join(dir, "big.yaml"), `name: a\n# ${"x".repeat(1024 * 1024)}\n`);
    await writeFile(join(dir, "empty.yaml"), "");
    await writeFile(join(dir, "notes.txt"), "name: a\n");
    await mkdir(join(dir, "folder.yaml"));
  });
  afterAll(() => rm(dir, { recursive: true }));

  // The reader looks at nothing else of the context.
  const ctx = () => ({ cwd: dir }) as unknown as Ctx;
  const failed = async (file: string) => {
    const error = await readSpec(ctx(), file).catch((e: unknown) => e);
    if (!(error instanceof SwError)) throw new Error("was accepted");
    return error;
  };

  test("is found relative to the client's folder and keeps its bytes", async () => {
    expect(await readSpec(ctx(), "good.yml")).toMatchObject({ name: "good", dir, file: join(dir, "good.yml") });
    const marked = await readSpec(ctx(), join(dir, "mark.yaml"));
    expect(marked).toMatchObject({ name: "marked", text: "\uFEFFname: marked\r\nmode: venv\r\n" });
  });

  test("is called in messages as it lies from the client's folder", async () => {
    expect((await failed("sub/runtime.yaml")).message).toStartWith("sub/runtime.yaml:2:23: environment.python 2.7");
    const outside = { cwd: join(dir, "sub") } as unknown as Ctx;
    await expect(readSpec(outside, "../empty.yaml")).rejects.toThrow(`${dir}/empty.yaml is empty`);
  });

  test.each([
    ["runtime.yaml", "MANIFEST_FILE_MISSING", "runtime.yaml is not there"],
    ["good.yml/runtime.yaml", "MANIFEST_FILE_MISSING", "good.yml/runtime.yaml is not there"],
    ["folder.yaml", "MANIFEST_FILE_MISSING", "folder.yaml is not a file"],
    ["notes.txt", "MANIFEST_INVALID", "notes.txt is not a yaml file"],
    ["latin.yaml", "MANIFEST_SYNTAX", "latin.yaml is not UTF-8 text"],
    ["utf16.yaml", "MANIFEST_SYNTAX", "utf16.yaml is not UTF-8 text"],
    ["big.yaml", "MANIFEST_SYNTAX", "big.yaml is larger than 1 MiB"],
    ["empty.yaml", "MANIFEST_SYNTAX", "empty.yaml is empty"],
  ] as const)("%s gives %s", async (file, code, message) => {
    const error = await failed(file);
    expect([error.code, error.message]).toEqual([code, message]);
  });

  test("that is not there leads to the command that writes one", async () => {
    expect((await failed("runtime.yaml")).hint).toBe(
      "`swcli runtime quickstart shell` writes one; build takes another with -y FILE, lock with -f FILE.",
    );
  });
});
