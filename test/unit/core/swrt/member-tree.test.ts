import { describe, expect, test } from "bun:test";
import { memberPath, sortedByName } from "#core/swrt/member-path.ts";
import { checkMembers, type Member } from "#core/swrt/member-tree.ts";

const invalid = expect.objectContaining({ code: "PACKAGE_INVALID" });

describe("names", () => {
  test("every spelling of a name has one normal form", () => {
    for (const name of ["a/b", "./a/b", "a//b", "a/./b/", ".//a/b"]) expect(memberPath(name)).toBe("a/b");
    for (const name of ["/", ".", "./", ".//"]) expect(memberPath(name)).toBe("");
  });

  test("dots that climb nowhere are ordinary", () => {
    for (const name of ["..a", "a..", "...", ".hidden", "a/..b"]) expect(memberPath(name)).toBe(name);
  });

  test("order is by UTF-8 bytes, not by UTF-16 units, and folders count with their slash", () => {
    const entry = (path: string, type = "file") => ({ path, type });
    const order = sortedByName([
      entry("🐳"),
      entry("\uff5e"),
      entry("a/b"),
      entry("a", "dir"),
      entry("a.txt"),
      entry("Z"),
    ]);
    expect(order.map((e) => e.path)).toEqual(["Z", "a.txt", "a", "a/b", "\uff5e", "🐳"]);
  });
});

describe("links", () => {
  const link = (path: string, to: string): Member => ({ path, type: "symlink", link: to });

  test("long links that lead on to each other are refused before they cost time", () => {
    const detour = "a/../".repeat(500);
    const members = Array.from({ length: 30 }, (_, n) => link(`l${n}`, `${detour}l${n + 1}`));
    expect(() => checkMembers(members)).toThrow(/never ends/);
    expect(() => checkMembers(members.slice(-3))).not.toThrow();
  });

  test("forty links in a row are followed, forty-one are not", () => {
    const chain = (length: number) => [
      ...Array.from({ length }, (_, n) => link(`l${n}`, `l${n + 1}`)),
      { path: `l${length}`, type: "file" } as const,
    ];
    expect(() => checkMembers(chain(40))).not.toThrow();
    expect(() => checkMembers(chain(41))).toThrow(invalid);
  });

  test("a link without a target is refused", () => {
    for (const to of ["", "a\0b", "\ud800"]) expect(() => checkMembers([link("l", to)])).toThrow(invalid);
  });
});
