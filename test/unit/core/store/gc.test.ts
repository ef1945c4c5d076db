import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { hasBlob, ingestPath, putBlobBytes } from "#core/store/blobs.ts";
import { sweeping, unswept } from "#core/store/gc-lock.ts";
import { mark } from "#core/store/gc-mark.ts";
import { sweepStore } from "#core/store/gc-sweep.ts";
import { acquireLease, dropLease, withLease } from "#core/store/leases.ts";
import { storeCtx } from "./store-ctx.ts";

/** gc of a store in which nothing has a name. */
const sweepAll = (ctx: Ctx) => sweeping(ctx, async () => await sweepStore(ctx, await mark(ctx, [], new Map()), false));

// A step of the disk's clock: what comes in the step of a lease counts as younger.
const tick = () => Bun.sleep(20);

test("content that no name holds goes, except what a living lease names", async () => {
  await using store = await storeCtx();
  const [gone, kept] = [await putBlobBytes(store.ctx, "gone"), await putBlobBytes(store.ctx, "kept")];
  await tick();
  const lease = await acquireLease(store.ctx, { name: "l", digests: [kept.sha256] });
  expect(await sweepAll(store.ctx)).toMatchObject({ blobs: { count: 1, bytes: 4 } });
  expect([await hasBlob(store.ctx, gone.sha256), await hasBlob(store.ctx, kept.sha256)]).toEqual([false, true]);
  await dropLease(store.ctx, lease);
  expect(await sweepAll(store.ctx)).toMatchObject({ blobs: { count: 1 } });
});

test("an operation keeps what it put and what it found there; both go after it", async () => {
  await using store = await storeCtx();
  await putBlobBytes(store.ctx, "found");
  await putBlobBytes(store.ctx, "neither");
  await tick();
  await withLease(store.ctx, async (own) => {
    await putBlobBytes(own, "found");
    await putBlobBytes(own, "put");
    const temp = await ingestPath(own);
    await writeFile(temp, "half");
    const swept = await sweepAll(store.other());
    expect(swept).toMatchObject({ blobs: { count: 1, bytes: "neither".length }, leftovers: { count: 0 } });
  });
  await tick();
  expect(await sweepAll(store.ctx)).toMatchObject({ blobs: { count: 2 }, leftovers: { count: 1 } });
});

test("a query's finds are not kept: nobody waits for its end", async () => {
  await using store = await storeCtx();
  await putBlobBytes(store.ctx, "found");
  await putBlobBytes(store.ctx, "found");
  expect(await sweepAll(store.ctx)).toMatchObject({ blobs: { count: 1 } });
});

test("a lease of a newer build or a damaged one counts as living", async () => {
  await using store = await storeCtx();
  await writeFile(await ingestPath(store.ctx), "old");
  await tick();
  await acquireLease(store.ctx, { name: "mine", digests: [] });
  await writeFile(`${store.ctx.paths.leases}/odd.json`, "{}");
  await tick();
  await putBlobBytes(store.ctx, "x");
  expect(await sweepAll(store.ctx)).toMatchObject({ blobs: { count: 0 }, leftovers: { count: 1 } });
});

test("publishing waits for a sweep and a sweep for publishing; publishers don't wait for each other", async () => {
  await using store = await storeCtx();
  const order: string[] = [];
  const slow = (name: string) => async () => {
    order.push(`${name} begins`);
    await Bun.sleep(60);
    order.push(`${name} ends`);
  };
  await Promise.all([unswept(store.ctx, slow("a")), unswept(store.other(), slow("b"))]);
  expect(order.slice(0, 2)).toEqual(["a begins", "b begins"]);
  order.length = 0;
  const sweep = sweeping(store.ctx, slow("sweep"));
  await Bun.sleep(10);
  await Promise.all([sweep, unswept(store.other(), slow("publish"))]);
  expect(order).toEqual(["sweep begins", "sweep ends", "publish begins", "publish ends"]);
});
