import { expect, test } from "bun:test";
import { builtinImage, DEFAULT_IMAGE_REPO, hasBuiltinImage } from "#core/manifest/base-image.ts";

test.each([
  ["", "", "base", "0.3.4"],
  ["11.4", "8", "cuda", "11.4-cudnn8-base0.3.4"],
  ["11.7", "", "cuda", "11.7-base0.3.4"],
])("the image for cuda %j and cudnn %j", (cuda, cudnn, name, tag) => {
  expect(builtinImage({ cuda, cudnn })).toEqual({
    fullname: `${DEFAULT_IMAGE_REPO}/${name}:${tag}`,
    repo: DEFAULT_IMAGE_REPO,
    name,
    tag,
  });
});

test("another repository and another version of the images", () => {
  const image = builtinImage({ cuda: "", cudnn: "", repo: "registry.test:5000/a/", imageVersion: "0.4.0" });
  expect(image.fullname).toBe("registry.test:5000/a/base:0.4.0");
});

test("Pythons newer than the guide's have no image", () => {
  expect(["3.7", "3.10", "3.11", "3.12", "3.13"].map(hasBuiltinImage)).toEqual([true, true, true, false, false]);
});
