import { expect, test } from "bun:test";
import { isMarker, isSpecifier } from "#core/lock/pep508.ts";

test("version conditions that pip accepts are accepted", () => {
  const good = [
    "",
    "==1.0",
    ">= 1.0, <2",
    "(>=1.0)",
    "~=1.4.2",
    "==1.*",
    "!=2.0.post1.dev3",
    "===any-thing",
    "==1.13.1+cu117",
    ">=1.0a1,",
    "==2!1.0-1",
    "<2.0RC1",
  ];
  expect(good.filter((text) => !isSpecifier(text))).toEqual([]);
});

test("what is no version condition is refused", () => {
  const bad = ["=1.0", ">1.0 <2", "==", "1.0", "== 1.0 extra", ">=1.*", "==1.0beta-x.y", "=>1", "==a", "(>=1.0"];
  expect(bad.filter(isSpecifier)).toEqual([]);
});

test("markers that pip accepts are accepted", () => {
  const good = [
    `python_version >= "3.8"`,
    `python_version<'3.8' and sys_platform=='linux'`,
    `(os_name == "nt" or os_name == "posix") and extra == 'x'`,
    `"linux" in sys_platform`,
    `platform_machine not in "i386 i686"`,
    `((python_version == '3.9'))`,
  ];
  expect(good.filter((text) => !isMarker(text))).toEqual([]);
});

test("what is no marker is refused", () => {
  const bad = [
    "",
    "maybe",
    "python_version >> 3",
    "python_version >= 3.8",
    `python_version >= "3.8`,
    `python == "3"`,
    `os_name == "a" os_name == "b"`,
    `(os_name == "a"`,
    `os_name == "a" and`,
  ];
  expect(bad.filter(isMarker)).toEqual([]);
});
