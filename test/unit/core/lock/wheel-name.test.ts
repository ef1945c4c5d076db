import { expect, test } from "bun:test";
import { fitsPython, fittingPlatforms, parseWheelName } from "#core/lock/wheel-name.ts";

const ALL = ["darwin-arm64", "darwin-x86_64", "linux-aarch64", "linux-x86_64"];
const fits = (tag: string) => {
  const name = parseWheelName(`x-1.0-cp39-cp39-${tag}.whl`);
  return name && fittingPlatforms(name, ALL);
};

test("a wheel's file name gives normalised name, version and tags", () => {
  expect(
    parseWheelName("Zope_Interface-5.0-1local-cp39.cp310-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"),
  ).toEqual({
    name: "zope-interface",
    version: "5.0",
    python: ["cp39", "cp310"],
    abi: ["abi3"],
    platform: ["manylinux_2_17_x86_64", "manylinux2014_x86_64"],
  });
  for (const file of ["x-1.0.tar.gz", "x.whl", "x-1.0-py3.whl", "-1.0-py3-none-any.whl"])
    expect(parseWheelName(file)).toBeUndefined();
});

test("tags fit the platforms that an installer would take them for", () => {
  expect(fits("any")).toEqual(ALL);
  expect(fits("linux_x86_64")).toEqual(["linux-x86_64"]);
  expect(fits("manylinux2014_aarch64")).toEqual(["linux-aarch64"]);
  expect(fits("musllinux_1_2_x86_64")).toEqual(["linux-x86_64"]);
  expect(fits("macosx_11_0_universal2")).toEqual(["darwin-arm64", "darwin-x86_64"]);
  expect(fits("macosx_11_0_arm64")).toEqual(["darwin-arm64"]);
  expect(fits("win_amd64")).toEqual([]);
});

test("which wheels a CPython can use", () => {
  const fits = (tags: string, minor: string) => {
    const wheel = parseWheelName(`pkg-1.0-${tags}.whl`);
    return wheel !== undefined && fitsPython(wheel, minor);
  };
  const good = ["py3-none-any", "py2.py3-none-any", "py39-none-any", "cp311-cp311-linux_x86_64", "cp38-abi3-any"];
  expect([...good, "cp311-none-any"].map((tags) => fits(tags, "3.11"))).toEqual(Array(6).fill(true));
  const bad = [
    "py2-none-any",
    "py312-none-any",
    "cp310-cp310-any",
    "cp310-none-any",
    "cp312-abi3-any",
    "pp311-pypy311_pp73-any",
  ];
  expect(bad.map((tags) => fits(tags, "3.11"))).toEqual(Array(6).fill(false));
  expect([fits("cp37-cp37m-any", "3.7"), fits("cp311-cp311t-any", "3.11")]).toEqual([true, false]);
});
