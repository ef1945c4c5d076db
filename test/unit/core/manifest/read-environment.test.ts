import { expect, test } from "bun:test";
import { firstLine, read, refused } from "./spec-text.ts";

const environment = (lines: string) => `name: a\nenvironment:\n${lines}`;

test.each([
  ["3.7", "3.7"],
  ["3.10", "3.10"],
  ["'3.10'", "3.10"],
  ["3.8.10", "3.8"],
  ["3.13", "3.13"],
  ["3.13.0rc1", "3.13"],
])("python: %s is Python %s", (written, minor) => {
  expect(read(environment(`  python: ${written}\n`)).environment.python).toBe(minor);
});

test.each(["", "''", "null", "~"])("python: %s leaves the choice to us", (written) => {
  const spec = read(environment(`  python: ${written}\n`));
  expect(spec.environment.python).toBeUndefined();
  expect(spec.environment.at.python).toBeUndefined();
});

test.each(["2.7", "3.6", "3.14", "3", "4", "'>=3.8'", "py38", "3.10.x"])("python: %s is refused", (written) => {
  const error = refused(environment(`  python: ${written}\n`));
  expect(error.code).toBe("MANIFEST_PYTHON");
  expect(firstLine(error)).toBe(`3:11: environment.python ${written.replaceAll("'", "")} is not supported`);
  expect(error.hint).toBe("Use one of 3.7 to 3.13.");
});

test("python: 3.1 is told about its zero", () => {
  expect(refused(environment("  python: 3.1\n")).hint).toBe("Use one of 3.7 to 3.13; 3.10 needs its zero.");
});

test.each([
  ["  cuda: 11.3\n", "11.3", ""],
  ["  cuda: 11.4\n  cudnn: 8\n", "11.4", "8"],
  ["  cuda: '11.7'\n  cudnn: ''\n", "11.7", ""],
  ["  cuda: ''\n", "", ""],
])("%j asks for cuda %j and cudnn %j", (lines, cuda, cudnn) => {
  expect(read(environment(lines)).environment).toMatchObject({ cuda, cudnn });
});

test.each([
  ["  cuda: 11.2\n", "3:9: environment.cuda 11.2 is not supported"],
  ["  cuda: 12\n", "3:9: environment.cuda 12 is not supported"],
  ["  cuda: 11.40\n", "3:9: environment.cuda 11.40 is not supported"],
  ["  cuda: 11.4\n  cudnn: 9\n", "4:10: environment.cudnn 9 is not supported"],
  ["  cudnn: 8\n", "3:10: environment.cudnn needs environment.cuda"],
  ["  cuda: 11.7\n  cudnn: 8\n", "4:10: environment.cudnn 8 does not go with cuda 11.7"],
])("%j is refused", (lines, message) => {
  const error = refused(environment(lines));
  expect([error.code, firstLine(error)]).toEqual(["MANIFEST_CUDA", message]);
});

test.each([
  ["noarch", ["noarch"]],
  ["x86_64", ["amd64"]],
  ["[aarch64, AMD64]", ["arm64", "amd64"]],
  ["[x86-64, amd64]", ["amd64"]],
  ["[]", []],
  ["", []],
])("arch: %s is %j", (written, arch) => {
  expect(read(environment(`  arch: ${written}\n`)).environment.arch).toEqual(arch);
});

test("an unknown arch is marked where it stands in its list", () => {
  const error = refused(environment("  arch:\n    - amd64\n    - mips\n"));
  expect([error.code, firstLine(error)]).toEqual(["MANIFEST_ARCH", "5:7: environment.arch mips is not supported"]);
  expect(error.hint).toBe("Use amd64, arm64 or noarch.");
});

test("os is ubuntu:20.04 in any case and nothing else", () => {
  expect(read(environment("  os: Ubuntu:20.04\n")).environment.os).toBe("ubuntu:20.04");
  expect(read(environment("  os:\n")).environment.os).toBe("ubuntu:20.04");
  const error = refused(environment("  os: debian:12\n"));
  expect([error.code, firstLine(error)]).toEqual(["MANIFEST_OS", "3:7: environment.os debian:12 is not supported"]);
});

test("a base image of one's own and the version of starwhale", () => {
  const spec = read(
    environment("  docker:\n    image: my.com:5000/self/custom@sha256:ab\n  starwhale_version: 0.5.0\n"),
  );
  expect(spec.environment).toMatchObject({
    dockerImage: "my.com:5000/self/custom@sha256:ab",
    starwhaleVersion: "0.5.0",
  });
});

test("unknown keys of the environment are warned of, those of docker too", () => {
  expect(read(environment("  pyton: 3.8\n  docker: {imge: x}\n")).warnings).toEqual([
    "runtime.yaml:3:3: unknown key environment.pyton is ignored; did you mean python?",
    "runtime.yaml:4:12: unknown key environment.docker.imge is ignored; did you mean image?",
  ]);
});
