import { expect, test } from "bun:test";
import { platformOf, subdirOf, virtualPackages } from "#core/conda/platform.ts";

const named = (subdir: "linux-64" | "linux-aarch64" | "osx-arm64", cuda = "", env = {}) =>
  virtualPackages(subdir, { cuda, env }).map(({ name, version, build }) => `${name}=${version}=${build}`);

test("each platform has conda's name, there and back", () => {
  const names = ["linux-x86_64", "linux-aarch64", "darwin-x86_64", "darwin-arm64"];
  expect(names.map(subdirOf)).toEqual(["linux-64", "linux-aarch64", "osx-64", "osx-arm64"]);
  expect(names.map((name) => platformOf(subdirOf(name)))).toEqual(names);
  expect(platformOf("win-64")).toBeUndefined();
  expect(() => subdirOf("linux-riscv64")).toThrow("conda has no packages for linux-riscv64");
});

test("a solve is for the machine of the runtime, not for this one", () => {
  expect(named("linux-64")).toEqual(["__unix=0=0", "__linux=5.10=0", "__glibc=2.31=0", "__archspec=1=x86_64"]);
  expect(named("linux-aarch64")).toContain("__archspec=1=aarch64");
  expect(named("osx-arm64")).toEqual(["__unix=0=0", "__osx=11.0=0", "__archspec=1=m1"]);
});

test("CUDA is what the runtime asks for, on a machine without a GPU too and whatever a shell overrides", () => {
  expect(named("linux-64", "11.4")).toContain("__cuda=11.4=0");
  for (const CONDA_OVERRIDE_CUDA of ["12.0", ""])
    expect(named("linux-64", "11.4", { CONDA_OVERRIDE_CUDA })).toContain("__cuda=11.4=0");
  expect(named("linux-64", "", { CONDA_OVERRIDE_CUDA: "12.0" })).toContain("__cuda=12.0=0");
  expect(named("linux-64", "", { CONDA_OVERRIDE_CUDA: "" }).join()).not.toContain("__cuda");
});

test("what conda lets a person override is overridden", () => {
  const env = { CONDA_OVERRIDE_GLIBC: "2.17", CONDA_OVERRIDE_LINUX: "4.4", CONDA_OVERRIDE_ARCHSPEC: "zen3" };
  expect(named("linux-64", "", env)).toEqual(["__unix=0=0", "__linux=4.4=0", "__glibc=2.17=0", "__archspec=1=zen3"]);
  expect(named("osx-arm64", "", { CONDA_OVERRIDE_OSX: "14.0" })).toContain("__osx=14.0=0");
});
