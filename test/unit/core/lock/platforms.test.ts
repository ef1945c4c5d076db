import { expect, test } from "bun:test";
import { planPlatforms, platformMarker, platformNamed } from "#core/lock/platforms.ts";

test("nothing and noarch mean both kinds of Linux and this machine, of which only the last is a must", () => {
  for (const arch of [[], ["noarch"], ["NoArch", "amd64"]]) {
    expect(planPlatforms(arch, "darwin-arm64")).toEqual({
      platforms: ["darwin-arm64", "linux-aarch64", "linux-x86_64"],
      required: ["darwin-arm64"],
    });
  }
});

test("named architectures are those and all a must, under both of their names", () => {
  for (const arch of [["amd64"], ["x86_64", "amd64"], ["X86_64"]]) {
    expect(planPlatforms(arch, "linux-aarch64")).toEqual({ platforms: ["linux-x86_64"], required: ["linux-x86_64"] });
  }
  expect(planPlatforms(["arm64", "amd64"], "linux-x86_64").required).toEqual(["linux-aarch64", "linux-x86_64"]);
});

test("an unknown architecture is refused", () => {
  expect(() => planPlatforms(["riscv64"])).toThrow(expect.objectContaining({ code: "MANIFEST_ARCH" }));
});

test("the marker names system and machine", () => {
  expect(platformMarker("darwin-arm64")).toBe("sys_platform == 'darwin' and platform_machine == 'arm64'");
});

test("platforms are named as people write them, also as docker does", () => {
  const names = ["amd64", "linux/arm64", "linux-x86_64", "AArch64", "darwin-arm64", "darwin/x86_64"];
  expect(names.map(platformNamed)).toEqual([
    "linux-x86_64",
    "linux-aarch64",
    "linux-x86_64",
    "linux-aarch64",
    "darwin-arm64",
    "darwin-x86_64",
  ]);
  expect(() => planPlatforms(["constructor"])).toThrow(/not supported/);
  for (const name of ["", "noarch", "windows-x86_64", "constructor"])
    expect(() => platformNamed(name)).toThrow(/not known/);
});
