import { expect, test } from "bun:test";
import { imagePlatforms } from "#core/docker/platforms.ts";

const names = (...texts: string[]) => imagePlatforms(texts).map(({ name }) => name);

test("nothing given means amd64 on every host", () => {
  expect(names()).toEqual(["linux/amd64"]);
});

test("every way of writing a platform means the same, each counts once, in one order", () => {
  expect(names("aarch64", "linux/amd64", "arm64/v8", "linux/arm64", "x86_64")).toEqual(["linux/amd64", "linux/arm64"]);
  expect(names(" Linux/ARM64 , amd64")).toEqual(["linux/amd64", "linux/arm64"]);
  expect(names("arm64")).toEqual(["linux/arm64"]);
});

test("locks and registries have their own names for it", () => {
  const [amd, arm] = imagePlatforms(["amd64", "arm64"]);
  expect(amd).toMatchObject({ architecture: "amd64", variant: undefined, lock: "linux-x86_64" });
  expect(arm).toMatchObject({ architecture: "arm64", variant: "v8", lock: "linux-aarch64" });
});

test("another platform is a usage error that says which there are", () => {
  for (const text of ["windows/amd64", "ppc64le", "", "amd64,"]) {
    expect(() => imagePlatforms([text])).toThrow("is not supported");
  }
});
