import { expect, test } from "bun:test";
import type { LockEntry } from "#core/lock/export.ts";
import { checkHashes } from "#core/lock/hashes.ts";
import type { RequirementLine } from "#core/lock/requirements.ts";

const hash = (digit: string, algorithm = "sha256", length = 64) => `${algorithm}:${digit.repeat(length)}`;
const entry = (spec: string, ...hashes: string[]): LockEntry => ({
  name: spec.split("==")[0] ?? "",
  spec,
  marker: "",
  hashes,
  kind: "named",
});
const line = (text: string, ...hashes: string[]): RequirementLine => ({
  text,
  name: text.replace(/[^a-z-].*$/, ""),
  hashes,
  kind: "named",
  at: { file: "r.txt", line: 7, column: 1 },
});

test("only what both name is kept, other packages keep all", () => {
  const entries = [entry("six==1.0", hash("a"), hash("b")), entry("click==8.0", hash("c"))];
  const kept = checkHashes(entries, [line("six==1.0", hash("b"), hash("d"))]);
  expect(kept.map((item) => item.hashes)).toEqual([[hash("b")], [hash("c")]]);
});

test("hashes that match nothing are refused with their place", () => {
  const check = () => checkHashes([entry("six==1.0", hash("a"))], [line("six==1.0", hash("b"))]);
  expect(check).toThrow(
    expect.objectContaining({ code: "HASH_MISMATCH", message: expect.stringMatching(/^r\.txt:7:1: .*six==1\.0/) }),
  );
});

test("the hashes of several lines for one package count together", () => {
  const kept = checkHashes(
    [entry("six==1.0", hash("a"), hash("b"))],
    [line("six", hash("a")), line("six<2", hash("b"))],
  );
  expect(kept[0]?.hashes).toEqual([hash("a"), hash("b")]);
});

test("a line for another version, under a marker that is not true here, says nothing", () => {
  const other = line("six==0.9 ; python_version < '3'", hash("d"));
  expect(checkHashes([entry("six==1.0", hash("a"))], [other])[0]?.hashes).toEqual([hash("a")]);
  expect(() => checkHashes([entry("six==1.0", hash("a"))], [line("six==1.0.0", hash("d"))])).toThrow();
});

test("another algorithm is kept for the installer to check", () => {
  const mine = hash("e", "sha512", 128);
  expect(checkHashes([entry("six==1.0", hash("a"))], [line("six==1.0", mine)])[0]?.hashes).toEqual([mine]);
});
