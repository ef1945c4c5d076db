import { expect, test } from "bun:test";
import { chooseFiles } from "#core/bundle/choose-files.ts";
import type { LocatedFile } from "#core/bundle/locate-files.ts";
import type { LockEntry } from "#core/lock/export.ts";

const X86 = "linux-x86_64";
const ARM = "linux-aarch64";

const file = (name: string, hash = `sha256:${name}`): LocatedFile => ({
  name,
  url: `https://index.example/${name}`,
  hashes: hash === "" ? [] : [hash],
  size: undefined,
});

const entryOf = (files: readonly LocatedFile[], more: Partial<LockEntry> = {}): LockEntry => ({
  name: "pkg",
  spec: "pkg==1.0",
  marker: "",
  hashes: files.map(({ name }) => `sha256:${name}`),
  kind: "named",
  ...more,
});

/** File name → platforms. */
function chosen(names: readonly string[], { minor = "3.11", platforms = [X86], marker = "" } = {}) {
  const files = names.map((name) => file(name));
  const choice = chooseFiles({ entries: [entryOf(files, { marker })], files, minor, platforms });
  return Object.fromEntries(choice.chosen.map((one) => [one.file.name, one.platforms]));
}

const WHEELS = [
  "pkg-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
  "pkg-1.0-cp311-cp311-manylinux_2_28_aarch64.whl",
  "pkg-1.0-cp311-cp311-musllinux_1_2_x86_64.whl",
  "pkg-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
  "pkg-1.0-cp39-abi3-manylinux_2_17_x86_64.whl",
  "pkg-1.0-cp311-cp311-macosx_11_0_arm64.whl",
  "pkg-1.0-py3-none-any.whl",
  "pkg-1.0.tar.gz",
];

test("every wheel that an installer there could choose is carried, and no other", () => {
  expect(chosen(WHEELS, { platforms: [ARM, X86] })).toEqual({
    "pkg-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl": [X86],
    "pkg-1.0-cp311-cp311-manylinux_2_28_aarch64.whl": [ARM],
    "pkg-1.0-cp39-abi3-manylinux_2_17_x86_64.whl": [X86],
    "pkg-1.0-py3-none-any.whl": [ARM, X86],
  });
});

test("a wheel for musl is carried only where there is no other, a source only without any wheel", () => {
  const musl = "pkg-1.0-cp311-cp311-musllinux_1_2_x86_64.whl";
  expect(chosen([musl, "pkg-1.0.tar.gz"])).toEqual({ [musl]: [X86] });
  const files = [file(musl), file("pkg-1.0.tar.gz")];
  const choice = chooseFiles({ entries: [entryOf(files)], files, minor: "3.11", platforms: [ARM] });
  expect(choice).toMatchObject({ chosen: [{ file: { name: "pkg-1.0.tar.gz" } }], sources: ["pkg==1.0"] });
});

test("a package that a platform or every patch of its Python does without is not carried for it", () => {
  const any = "pkg-1.0-py3-none-any.whl";
  const platforms = [ARM, X86];
  expect(chosen([any], { platforms, marker: "platform_machine == 'aarch64'" })).toEqual({ [any]: [ARM] });
  expect(chosen([any], { marker: "python_full_version < '3.11.3'" })).toEqual({ [any]: [X86] });
  expect(chosen([any], { marker: "python_full_version >= '3.11.3'" })).toEqual({ [any]: [X86] });
  expect(chosen([any], { marker: "python_version < '3.9'" })).toEqual({});
});

test("each file has to have its own hash: that of another file of the package is not enough", () => {
  const files = [file("pkg-1.0-py3-none-manylinux_2_17_x86_64.whl"), file("pkg-1.0-py3-none-any.whl")];
  const { chosen: found } = chooseFiles({ entries: [entryOf(files)], files, minor: "3.11", platforms: [X86] });
  expect(found.map(({ hashes, exact }) => [hashes, exact])).toEqual(files.map((one) => [one.hashes, true]));
});

test("where the index says no hash of the lock's kind, the name says which file it is and the lock's hashes decide", () => {
  const name = "pkg-1.0-py3-none-any.whl";
  const entry = entryOf([], { hashes: ["sha512:abc"] });
  for (const one of [file(name, ""), file(name, "sha256:other")]) {
    const choice = chooseFiles({ entries: [entry], files: [one], minor: "3.11", platforms: [X86] });
    expect(choice.chosen).toMatchObject([{ hashes: ["sha512:abc"], exact: false }]);
  }
});

test("a file that was replaced at its index, or none for a platform, is an error that names the package", () => {
  const entry = entryOf([], { hashes: ["sha256:locked"] });
  const choose = (files: LocatedFile[]) => () =>
    chooseFiles({ entries: [entry], files, minor: "3.11", platforms: [X86] });
  expect(choose([file("pkg-1.0-py3-none-any.whl", "sha256:other")])).toThrow(/pkg==1\.0 for linux-x86_64/);
  expect(choose([file("pkg-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", "sha256:locked")])).toThrow(/pkg==1\.0/);
});
