import { expect, test } from "bun:test";
import { checkServerName, checkServerTags } from "#core/transfer/server-names.ts";

const refuses = (check: () => void): boolean => {
  try {
    check();
    return false;
  } catch {
    return true;
  }
};

test.each([
  ["mnist", false],
  ["abc", false],
  [`a${"b".repeat(80)}`, false],
  ["ab", true],
  ["my.demo", true],
  ["_demo", true],
  ["1demo", true],
  [`a${"b".repeat(81)}`, true],
])("the runtime name %s is refused: %p", (name, refused) => {
  expect(refuses(() => checkServerName(name))).toBe(refused);
});

test.each([
  ["stable", false],
  ["1.0", false],
  ["v1-rc", false],
  ["x", true],
  ["2024", true],
  ["v12", true],
  ["latest", true],
])("the tag %s is refused: %p", (tag, refused) => {
  expect(refuses(() => checkServerTags(["fine", tag]))).toBe(refused);
});
