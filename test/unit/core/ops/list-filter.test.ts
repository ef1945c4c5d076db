import { expect, test } from "bun:test";
import { parseDuration } from "#core/ops/duration.ts";
import { nameFits, ownerFits, parseFilters } from "#core/ops/list-filter.ts";

test("filters of one key are alternatives, an empty key lets all through", () => {
  const filter = parseFilters(["name=ab", "name=x", "owner=me", "latest"]);
  expect(filter).toEqual({ names: ["ab", "x"], owners: ["me"], latest: true });
  expect(["abc", "x", "b"].map((name) => nameFits(filter, name))).toEqual([true, true, false]);
  expect([ownerFits(filter, "me"), ownerFits(filter, "you"), ownerFits(filter, undefined)]).toEqual([
    true,
    false,
    false,
  ]);
  expect([nameFits(parseFilters([]), "any"), ownerFits(parseFilters([]), undefined)]).toEqual([true, true]);
});

test("a value may hold `=`, a filter that is none is named", () => {
  expect(parseFilters(["name=a=b"]).names).toEqual(["a=b"]);
  for (const wrong of ["", "=x", "name", "owner=", "latest=", "Latest", "version=1"]) {
    expect(() => parseFilters([wrong])).toThrow(JSON.stringify(wrong));
  }
});

test("durations have a unit", () => {
  expect(["90s", "1.5h", "30d", "2 w", "0s"].map(parseDuration)).toEqual([90e3, 5400e3, 2592e6, 1209.6e6, 0]);
  for (const wrong of ["", "30", "d", "-1d", "1y", "1h30m"]) expect(() => parseDuration(wrong)).toThrow("no duration");
});
