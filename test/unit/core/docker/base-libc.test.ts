import { expect, test } from "bun:test";
import { baseLibc, UV_PLATFORM_SCRIPT, uvPlatform } from "#core/docker/base-libc.ts";
import { mergeNames } from "#core/docker/base-python.ts";
import type { Names } from "#core/docker/layer-names.ts";
import { needsProgram, testWith } from "../../../helpers/needs.ts";

const AMD64 = { machine: "x86_64" } as const;
const libcOf = (...layers: Names[]) => baseLibc(layers, mergeNames(layers), AMD64);
const debian = (minor: number) => ({ path: "usr/lib/x86_64-linux-gnu/libc.so.6", glibc: minor });

test("the C library is the one of the image's machine, and the newest layer's", () => {
  const foreign = { path: "lib/i386-linux-gnu/libc.so.6", glibc: 17 };
  expect(libcOf([debian(31), foreign])).toEqual({ kind: "glibc", minor: 31 });
  expect(libcOf([debian(31)], [debian(36)])).toEqual({ kind: "glibc", minor: 36 });
  const focal = { path: "lib/x86_64-linux-gnu/libc-2.31.so", glibc: 31 };
  const jammy = { path: "lib/x86_64-linux-gnu/libc.so.6", glibc: 35 };
  expect(libcOf([focal], [{ path: "lib/x86_64-linux-gnu/.wh.libc-2.31.so" }, jammy])).toMatchObject({ minor: 35 });
  expect(libcOf([jammy], [{ path: "lib/x86_64-linux-gnu/.wh.libc.so.6" }, focal])).toMatchObject({ minor: 31 });
});

test("musl is known by its loader, unless glibc is there too", () => {
  const musl = { path: "lib/ld-musl-x86_64.so.1" };
  expect(libcOf([musl])).toEqual({ kind: "musl" });
  expect(libcOf([musl, debian(36)])).toMatchObject({ kind: "glibc" });
  expect(libcOf([{ path: "lib/ld-linux.so.2" }])).toEqual({ kind: "glibc" });
});

test("uv is asked for the newest of its platforms that is not newer than the base", () => {
  const asked = [2, 17, 27, 28, 31, 36, 99, undefined].map((minor) => uvPlatform(AMD64, { kind: "glibc", minor }));
  expect(asked.map((name) => name.replace("x86_64-manylinux_2_", ""))).toEqual([
    ...["17", "17", "17", "28", "31", "36", "40", "28"],
  ]);
  expect(uvPlatform({ machine: "aarch64" }, { kind: "musl" })).toBe("aarch64-unknown-linux-musl");
});

testWith(needsProgram("python3"), needsProgram("getconf"))(
  "a Python inside the image says the same as we do of the base",
  () => {
    const said = (...argv: string[]) => Bun.spawnSync(argv).stdout.toString().trim();
    const minor = Number(said("getconf", "GNU_LIBC_VERSION").split(".")[1]);
    const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
    expect(said("python3", "-c", UV_PLATFORM_SCRIPT)).toBe(uvPlatform({ machine }, { kind: "glibc", minor }));
    const older = UV_PLATFORM_SCRIPT.replace('os.confstr("CS_GNU_LIBC_VERSION")', '"glibc 2.5"');
    expect(said("python3", "-c", older)).toBe(`${machine}-manylinux_2_17`);
    const none = UV_PLATFORM_SCRIPT.replace("CS_GNU_LIBC_VERSION", "CS_NONE");
    expect(said("python3", "-c", none)).toBe(`${machine}-unknown-linux-musl`);
  },
);
