import { expect, test } from "bun:test";
import { SwError } from "#core/errors.ts";
import { coverPlatforms } from "#core/lock/cover.ts";

const unsolvable = (name: string, platform?: string) =>
  new SwError("LOCK_UNSOLVABLE", name, { detail: { package: name, platform } });

/** An attempt that fails when a platform of `bad` takes part; notes what was tried. */
function attempts(bad: Record<string, string>) {
  const tried: string[] = [];
  const attempt = async (platforms: string[]) => {
    tried.push(platforms.join("+"));
    for (const platform of platforms) if (bad[platform]) throw unsolvable(bad[platform]);
    return platforms.length;
  };
  return { tried, attempt };
}

test("all platforms that can be met are met in one attempt", async () => {
  const { tried, attempt } = attempts({});
  const cover = await coverPlatforms({ platforms: ["a", "b"], required: ["a"] }, attempt);
  expect([cover, tried]).toEqual([{ solution: 2, platforms: ["a", "b"], dropped: [] }, ["a+b"]]);
});

test("the only optional platform is dropped without being tried twice", async () => {
  const { tried, attempt } = attempts({ b: "gpu" });
  const cover = await coverPlatforms({ platforms: ["a", "b"], required: ["a"] }, attempt);
  expect(cover).toEqual({ solution: 1, platforms: ["a"], dropped: [{ platform: "b", package: "gpu" }] });
  expect(tried).toEqual(["a+b", "a"]);
});

test("of two optional platforms the good one stays", async () => {
  const { attempt } = attempts({ b: "gpu" });
  const cover = await coverPlatforms({ platforms: ["a", "b", "m"], required: ["m"] }, attempt);
  expect(cover).toEqual({ solution: 2, platforms: ["a", "m"], dropped: [{ platform: "b", package: "gpu" }] });
});

test("a required platform is never dropped", async () => {
  const { attempt } = attempts({ a: "gpu" });
  await expect(coverPlatforms({ platforms: ["a", "b"], required: ["a"] }, attempt)).rejects.toThrow("gpu");
  await expect(coverPlatforms({ platforms: ["a", "b"], required: ["a", "b"] }, attempt)).rejects.toThrow("gpu");
});

test("a lost network drops nothing", async () => {
  const attempt = async (): Promise<number> => {
    throw new SwError("LOCK_FAILED", "no network");
  };
  await expect(coverPlatforms({ platforms: ["a", "b"], required: ["a"] }, attempt)).rejects.toThrow("no network");
});

test("a failure at a required platform is not tried again", async () => {
  let count = 0;
  const attempt = async (): Promise<number> => {
    count++;
    throw unsolvable("x", "a");
  };
  await expect(coverPlatforms({ platforms: ["a", "b"], required: ["a"] }, attempt)).rejects.toThrow("x");
  expect(count).toBe(1);
});
