import { expect, test } from "bun:test";
import type { Ctx } from "#core/context.ts";
import type { RuntimeRef } from "#core/store/ref.ts";
import { updateRef } from "#core/store/refs.ts";
import { findLive, requireRef, resolveVersion } from "#core/store/resolve.ts";
import { retire } from "#core/store/version-life.ts";
import { storeCtx } from "./store-ctx.ts";

const ONE = `abcd2222${"a".repeat(32)}`;
const TWO = `abcd3333${"b".repeat(32)}`;
const OTHER = `qrst4444${"c".repeat(32)}`;

/** Three versions, the first one with a tag; the last one is the latest. */
async function demo(ctx: Ctx, name = "demo"): Promise<void> {
  await updateRef(ctx, { project: "self", name }, (ref) => {
    for (const [i, id] of [ONE, TWO, OTHER].entries()) {
      ref.versions.push({ id, created_at: i, added_at: i, size: 1 });
      ref.tags[`v${i}`] = id;
    }
    Object.assign(ref.tags, { latest: OTHER, stable: ONE });
  });
}

const at = (version: string, name = "demo") => ({ project: "self", name, version });
const idOf = async (ctx: Ctx, version: string) => (await resolveVersion(ctx, at(version))).version.id;

test("a version is found by nothing (the latest), its id, a tag, vN and four characters of its beginning", async () => {
  await using store = await storeCtx();
  await demo(store.ctx);
  const words = ["", "latest", ONE, "stable", "v1", "qrst", TWO.slice(0, 5)];
  const found = await Promise.all(words.map((word) => idOf(store.ctx, word)));
  expect(found).toEqual([OTHER, OTHER, ONE, ONE, TWO, OTHER, TWO]);
});

test("a beginning of two lists both, with their tags, for people and for machines", async () => {
  await using store = await storeCtx();
  await demo(store.ctx);
  await expect(idOf(store.ctx, "abcd")).rejects.toMatchObject({
    code: "AMBIGUOUS",
    message: `abcd is the beginning of 2 versions of demo:\n  ${ONE}  v0, stable\n  ${TWO}  v1`,
    detail: { candidates: [ONE, TWO] },
  });
});

test("less than four characters name nothing, and the refusal says so; the middle of an id doesn't either", async () => {
  await using store = await storeCtx();
  await demo(store.ctx);
  const short = { code: "VERSION_NOT_FOUND", message: expect.stringContaining("4 characters or more") };
  await expect(idOf(store.ctx, "qrs")).rejects.toMatchObject(short);
  const middle = { code: "VERSION_NOT_FOUND", hint: expect.stringContaining("runtime history demo") };
  await expect(idOf(store.ctx, "rst4")).rejects.toMatchObject(middle);
});

test("a tag that reads like the beginning of another version is the tag", async () => {
  await using store = await storeCtx();
  await demo(store.ctx);
  await updateRef(store.ctx, at("", "demo"), (ref) => {
    ref.tags.qrst = ONE;
  });
  expect(await idOf(store.ctx, "qrst")).toBe(ONE);
});

test("a removed version is not found by any of its names; the refusal says how to bring it back", async () => {
  await using store = await storeCtx();
  await demo(store.ctx);
  await updateRef(store.ctx, at("", "demo"), (ref) => retire(ref, [versionOf(ref, ONE)], 5));
  for (const word of [ONE, "stable", "v0"]) {
    const hint = `It has been removed; bring it back with: swcli runtime recover demo/version/${word}`;
    await expect(idOf(store.ctx, word)).rejects.toMatchObject({ code: "VERSION_NOT_FOUND", hint });
  }
  // What was the beginning of two is now that of one.
  expect(await idOf(store.ctx, "abcd")).toBe(TWO);
});

const versionOf = (ref: RuntimeRef, id: string) => {
  const version = ref.versions.find((one) => one.id === id);
  if (!version) throw new Error(`${id} is not there`);
  return version;
};

test("a runtime of which every version is removed says that, whatever was asked", async () => {
  await using store = await storeCtx();
  await demo(store.ctx);
  await updateRef(store.ctx, at("", "demo"), (ref) => retire(ref, [...ref.versions], 5));
  const removed = { code: "VERSION_NOT_FOUND", hint: "Bring it back with: swcli runtime recover demo" };
  for (const word of ["", ONE, "abcd"]) await expect(idOf(store.ctx, word)).rejects.toMatchObject(removed);
});

test("a runtime that is not there is refused with its near names, in its project only", async () => {
  await using store = await storeCtx();
  await demo(store.ctx, "demo-gpu");
  await demo(store.ctx, "other");
  const near = { code: "RUNTIME_NOT_FOUND", hint: "Did you mean demo-gpu?", detail: { project: "self", name: "Demo" } };
  await expect(requireRef(store.ctx, at("", "Demo"))).rejects.toMatchObject(near);
  const elsewhere = { project: "p", name: "demo-gpu", version: "" };
  const none = { code: "RUNTIME_NOT_FOUND", hint: expect.stringContaining("swcli runtime list") };
  await expect(requireRef(store.ctx, elsewhere)).rejects.toMatchObject(none);
  expect((await requireRef(store.ctx, at("", "other"))).name).toBe("other");
});

test("words that every object knows are no tags", async () => {
  await using store = await storeCtx();
  await demo(store.ctx);
  const { ref } = await resolveVersion(store.ctx, at(""));
  for (const word of ["constructor", "__proto__", "toString"]) {
    expect(() => findLive(ref, word)).toThrow(expect.objectContaining({ code: "VERSION_NOT_FOUND" }));
  }
});
