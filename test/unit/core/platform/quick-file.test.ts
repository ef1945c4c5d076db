/** Files looked at by system calls, against what Node says of them. */
import { afterAll, expect } from "bun:test";
import { linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { setFileTime } from "#core/platform/libc.ts";
import { quickStats, readSmallFile, stateOf } from "#core/platform/quick-file.ts";
import { needsLinux, testWith } from "../../../helpers/needs.ts";

const test = testWith(needsLinux());
const dir = mkdtempSync(`${tmpdir()}/quick-`);
afterAll(() => rmSync(dir, { recursive: true }));

test("a small file is read whole or not at all; a missing one and a folder are none", () => {
  writeFileSync(`${dir}/small`, "two\nlines ü\n");
  expect(readSmallFile(`${dir}/small`)).toBe("two\nlines ü\n");
  writeFileSync(`${dir}/most`, "x".repeat(4095));
  expect(readSmallFile(`${dir}/most`)).toBe("x".repeat(4095));
  writeFileSync(`${dir}/large`, "x".repeat(4096));
  const none = [`${dir}/large`, `${dir}/missing`, dir];
  expect(none.map(readSmallFile)).toEqual([undefined, undefined, undefined]);
});

test("facts are those of the file, to the nanosecond and beyond 4 GiB, links followed, none for what is missing", () => {
  writeFileSync(`${dir}/file`, "");
  process.getBuiltinModule("node:fs").truncateSync(`${dir}/file`, 5 * 2 ** 30 + 7);
  setFileTime(`${dir}/file`, 1_700_000_000_123_456_789n);
  symlinkSync("file", `${dir}/link`);
  symlinkSync("nowhere", `${dir}/dangling`);
  const { dev, ino } = statSync(`${dir}/file`);
  const facts = { id: `${dev}:${ino}`, time: "1700000000.123456789", size: 5 * 2 ** 30 + 7 };
  const none = [`${dir}/none`, `${dir}/file/below`, `${dir}/dangling`];
  expect(quickStats([`${dir}/file`, `${dir}/link`, ...none])).toEqual([facts, facts, undefined, undefined, undefined]);
});

test("another state of a file has another text: written anew, grown, touched; a hard link has the same", () => {
  const path = `${dir}/state ü`;
  const state = () => quickStats([path]).map((facts) => facts && stateOf(facts))[0];
  writeFileSync(path, "a");
  linkSync(path, `${path}.link`);
  const first = state();
  expect(quickStats([`${path}.link`]).map((facts) => facts && stateOf(facts))).toEqual([first]);
  const seen = new Set([first]);
  const { mtime } = statSync(path);
  writeFileSync(path, "ab");
  utimesSync(path, mtime, mtime);
  seen.add(state());
  setFileTime(path, 1n);
  seen.add(state());
  rmSync(path);
  mkdirSync(path);
  setFileTime(path, 1n);
  seen.add(state());
  expect(seen.size).toBe(4);
});
