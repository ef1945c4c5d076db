import { expect, test } from "bun:test";
import { closest, editDistance } from "#core/manifest/did-you-mean.ts";

test.each([
  ["config", ["name", "configs", "mode"], "configs"],
  ["Pyton", ["python", "os"], "python"],
  ["wheel", ["wheels", "files"], "wheels"],
  ["zz", ["os"], undefined],
  ["dependency", ["dependencies"], undefined],
  ["ab", ["ac", "ab"], "ab"],
])("%s among %j is %s", (word, candidates, guess) => {
  expect(closest(word, candidates)).toBe(guess);
});

test.each([
  ["", "", 0],
  ["", "abc", 3],
  ["kitten", "sitting", 3],
  ["arch", "arhc", 2],
])("from %j to %j it takes %d edits", (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
  expect(editDistance(b, a)).toBe(edits);
});
