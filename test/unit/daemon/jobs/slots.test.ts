import { afterAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Slots } from "#daemon/jobs/slots.ts";

const never = new AbortController().signal;
const dir = await mkdtemp(join(tmpdir(), "sw-slots-"));
afterAll(async () => await rm(dir, { recursive: true }));

let roots = 0;
/** Of one daemon of a root of its own, and what it said of waiting. */
function slotsOf(root = `${dir}/${roots++}`) {
  const slots = new Slots(() => root);
  const said: string[] = [];
  const take = (kind: string, limit: number, signal = never) =>
    slots.take({ kind, limit, signal, waits: () => said.push(kind) });
  return { slots, take, said, root };
}

test("no more than the limit work at a time, and the waiting ones come in their order", async () => {
  const { slots, take, said } = slotsOf();
  const order: number[] = [];
  let most = 0;
  let now = 0;
  const work = async (n: number) => {
    const release = await take("image", 2);
    now += 1;
    most = Math.max(most, now);
    order.push(n);
    await Bun.sleep(5);
    now -= 1;
    release();
    release();
  };
  await Promise.all([1, 2, 3, 4, 5, 6].map(work));
  expect(most).toBe(2);
  expect(order).toEqual([1, 2, 3, 4, 5, 6]);
  expect(slots.used("image")).toBe(0);
  expect(said).toHaveLength(4);
});

test("kinds don't wait for each other, and who gives up waiting takes no place", async () => {
  const { slots, take } = slotsOf();
  const release = await take("image", 1);
  (await take("environment", 1))();
  const controller = new AbortController();
  const waiting = take("image", 1, controller.signal);
  const next = take("image", 1);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  release();
  (await next)();
  expect(slots.used("image")).toBe(0);
});

test("what another daemon of the same root still works on takes a place here too", async () => {
  const old = slotsOf();
  const next = slotsOf(old.root);
  const release = await old.take("image", 1);
  const waiting = next.take("image", 1);
  expect(await Promise.race([waiting, Bun.sleep(300)])).toBeUndefined();
  expect(next.said).toEqual(["image"]);
  const controller = new AbortController();
  const givenUp = next.take("image", 1, controller.signal);
  controller.abort();
  await expect(givenUp).rejects.toMatchObject({ code: "CANCELLED" });
  release();
  (await waiting)();
  expect(next.slots.used("image")).toBe(0);
});
