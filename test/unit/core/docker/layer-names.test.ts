import { expect, test } from "bun:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { layerNames } from "#core/docker/layer-names.ts";
import { onLoan } from "#core/platform/piece-loan.ts";

interface Member {
  name: string;
  flag?: string;
  link?: string;
  body?: string;
}

/** Headers as other writers make them; only what the reader looks at, and a right checksum. */
function tarOf(members: readonly Member[]): Buffer {
  const parts = members.flatMap(({ name, flag = "0", link = "", body = "" }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write("0000755\0", 100);
    header.write(`${Buffer.byteLength(body).toString(8).padStart(11, "0")}\0`, 124);
    header.write(flag, 156);
    header.write(link, 157);
    header.write("ustar\x0000", 257);
    header.fill(" ", 148, 156);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    const padding = Buffer.alloc((512 - (Buffer.byteLength(body) % 512)) % 512);
    return [header, Buffer.from(body), padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

async function* chunks(bytes: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const TAR = "application/vnd.oci.image.layer.v1.tar";
const names = async (members: readonly Member[], type = TAR, pack = (tar: Buffer): Uint8Array => tar) =>
  await layerNames(chunks(pack(tarOf(members))), type);

const PYTHON: Member = { name: "usr/bin/python3.11", body: "x".repeat(3000) };

test("only names that lead to an interpreter or tell the C library are kept, bodies are passed over", async () => {
  const found = await names([
    { name: "./usr/", flag: "5" },
    { name: "./usr/bin/python3", flag: "2", link: "python3.11" },
    { name: "./usr/bin/python3.11", body: "y".repeat(1300) },
    { name: "/usr/bin/python3-config", body: "z" },
    { name: "lib/ld-musl-x86_64.so.1", body: "m" },
    { name: "usr/bin/.wh.python3.9" },
    { name: "etc/passwd", body: "root" },
  ]);
  expect(found).toEqual([
    { path: "usr/bin/python3", link: "python3.11" },
    { path: "usr/bin/python3.11" },
    { path: "lib/ld-musl-x86_64.so.1" },
    { path: "usr/bin/.wh.python3.9" },
  ]);
});

test("glibc says its own version, wherever its banner is cut; other files of that name are passed over", async () => {
  const banner = (minor: number) => `GNU C Library (Debian GLIBC 2.${minor}-9) stable release version 2.${minor}.\n`;
  const library = (minor: number) => `${"\x7fELF\0".repeat(400)}${banner(minor)}${"\0".repeat(3000)}`;
  const found = await names([
    { name: "lib/x86_64-linux-gnu/libc.so.6", flag: "2", link: "libc-2.31.so" },
    { name: "lib/x86_64-linux-gnu/libc-2.31.so", body: library(31) },
    { name: "./usr/lib64/libc.so.6", body: library(36) },
    { name: "opt/conda/sysroot/lib64/libc.so.6", body: library(17) },
    { name: "usr/lib/libc.so.6", body: "no library" },
    PYTHON,
  ]);
  expect(found).toEqual([
    { path: "lib/x86_64-linux-gnu/libc.so.6", link: "libc-2.31.so" },
    { path: "lib/x86_64-linux-gnu/libc-2.31.so", glibc: 31 },
    { path: "usr/lib64/libc.so.6", glibc: 36 },
    { path: "usr/bin/python3.11" },
  ]);
});

test("links of folders near the top are kept with where they lead, deep ones are not", async () => {
  const found = await names([
    { name: "bin", flag: "2", link: "usr/bin" },
    { name: "opt/python", flag: "2", link: "/opt/cpython-3.11" },
    { name: "usr/share/doc/x/y", flag: "2", link: "../z" },
  ]);
  expect(found).toEqual([
    { path: "bin", link: "usr/bin" },
    { path: "opt/python", link: "/opt/cpython-3.11" },
  ]);
});

test("a hard link and a device have no body, whatever their size says, and what follows is found", async () => {
  const tar = tarOf([
    { name: "usr/bin/python3", flag: "1", link: "usr/bin/python3.11" },
    { name: "dev/x", flag: "3" },
    PYTHON,
  ]);
  // GNU tar notes the size of the linked file.
  tar.write("00000005670\0", 124);
  tar.fill(" ", 148, 156);
  const sum = tar.subarray(0, 512).reduce((all, byte) => all + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  expect(await layerNames(chunks(tar), TAR)).toEqual([{ path: "usr/bin/python3" }, { path: "usr/bin/python3.11" }]);
});

test("a layer that comes in small pieces on loan is read whole, also compressed", async () => {
  const noise = Array.from({ length: 20_000 }, (_, i) => Bun.hash(String(i)).toString(36)).join("");
  const tar = tarOf([{ name: "usr/share/noise", body: noise }, PYTHON]);
  const packed = [
    [`${TAR}+gzip`, gzipSync(tar)],
    [`${TAR}+zstd`, zstdCompressSync(tar)],
  ] as const;
  for (const [type, bytes] of packed) {
    async function* owned() {
      for await (const chunk of chunks(bytes)) yield new Uint8Array(chunk);
    }
    expect(await layerNames(onLoan(owned()), type)).toEqual([{ path: "usr/bin/python3.11" }]);
  }
});

test("long names of both kinds of tar reach the member after them and no other", async () => {
  const long = `${"deep/".repeat(30)}bin/python3.12`;
  const record = ` path=${long}\n`;
  const pax = `${record.length + 3}${record}`;
  for (const extra of [
    { name: "././@LongLink", flag: "L", body: `${long}\0` },
    { name: "PaxHeaders/x", flag: "x", body: pax },
  ]) {
    expect(await names([extra, { name: "cut" }, PYTHON])).toEqual([{ path: long }, { path: "usr/bin/python3.11" }]);
  }
  const target = `/opt/${"t".repeat(120)}`;
  expect(
    await names([
      { name: "././@LongLink", flag: "K", body: `${target}\0` },
      { name: "py", flag: "2", link: "cut" },
    ]),
  ).toEqual([{ path: "py", link: target }]);
});

test("gzip under its old and its new name, zstd and no compression are read", async () => {
  const gzip = (tar: Buffer) => Bun.gzipSync(new Uint8Array(tar));
  const found = [
    await names([PYTHON], `${TAR}+gzip`, gzip),
    await names([PYTHON], "application/vnd.docker.image.rootfs.diff.tar.gzip", gzip),
    await names([PYTHON], `${TAR}+zstd`, zstdCompressSync),
    await names([PYTHON]),
  ];
  expect(found).toEqual(found.map(() => [{ path: "usr/bin/python3.11" }]));
});

test("what is no tar is an error that names the kind of layer", async () => {
  const noise = Buffer.alloc(2048, 7);
  await expect(layerNames(chunks(noise), TAR)).rejects.toThrow(TAR);
  await expect(layerNames(chunks(noise), `${TAR}+gzip`)).rejects.toMatchObject({ code: "IMAGE_FAILED" });
});
