import { expect, test } from "bun:test";
import { Slots } from "#daemon/jobs/slots.ts";

const never = new AbortController().signal;

test("no more than the limit work at a time, and the waiting ones come in their order", async () => {
  const slots = new Slots();
  const order: number[] = [];
  let most = 0;
  let now = 0;
  const work = async (n: number) => {
    const release = await slots.take("image", 2, never);
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
});

test("kinds don't wait for each other, and who gives up waiting takes no place", async () => {
  const slots = new Slots();
  const release = await slots.take("image", 1, never);
  (await slots.take("environment", 1, never))();
  const controller = new AbortController();
  const waiting = slots.take("image", 1, controller.signal);
  const next = slots.take("image", 1, never);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  release();
  (await next)();
  expect(slots.used("image")).toBe(0);
});
