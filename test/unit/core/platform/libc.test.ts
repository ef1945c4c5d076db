/** The foreign functions on this machine: each one's effect, seen from outside. */
import { expect, test } from "bun:test";
import { openSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { cStrings, flockNow, setFileTime, setUmask, syscall } from "#core/platform/libc.ts";
import { needsLinux, testWith } from "../../../helpers/needs.ts";

const temp = async () => await mkdtemp(`${tmpdir()}/libc-`);

test("an exclusive lock keeps everybody out, shared ones let each other in", async () => {
  const path = `${await temp()}/lock`;
  const [a, b, c] = [openSync(path, "a"), openSync(path, "a"), openSync(path, "a")];
  expect([flockNow(a, true), flockNow(b, true), flockNow(c)]).toEqual([true, true, false]);
});

test("the mode mask is set and the old one comes back", async () => {
  const dir = await temp();
  const before = setUmask(0o077);
  writeFileSync(`${dir}/closed`, "");
  expect(setUmask(before)).toBe(0o077);
  expect(statSync(`${dir}/closed`).mode & 0o777).toBe(0o600);
});

test("a file's time is set to the nanosecond; a file that is not there is a no", async () => {
  const path = `${await temp()}/ü file`;
  writeFileSync(path, "");
  expect(setFileTime(path, 1_700_000_000_123_456_789n)).toBe(true);
  expect(statSync(path, { bigint: true }).mtimeNs).toBe(1_700_000_000_123_456_789n);
  expect(setFileTime(`${path}.no`, 1n)).toBe(false);
});

test("strings of any length and alphabet lie one behind the other, ended by zeros", () => {
  const { buffer, pointers } = cStrings(["a", "", "üß", "x".repeat(5000)]);
  expect(pointers.map((p) => Number(p) - Number(pointers[0]))).toEqual([0, 2, 3, 8]);
  expect(new TextDecoder().decode(buffer)).toBe(`a\0\0üß\0${"x".repeat(5000)}\0`);
});

testWith(needsLinux())("a system call that fails is -1, not an exception", async () => {
  expect(syscall("close", 99_999)).toBe(-1);
  expect(await readFile("/proc/self/comm", "utf8")).not.toBe("");
});
