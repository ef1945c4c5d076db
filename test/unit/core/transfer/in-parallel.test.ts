import { expect, test } from "bun:test";
import { inParallel, prefetched } from "#core/transfer/in-parallel.ts";

test("so many at a time and no more, and all of them", async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await inParallel([...Array(20).keys()], 4, async (item) => {
    most = Math.max(most, ++running);
    await Bun.sleep(item % 3);
    running--;
    done.push(item);
  });
  expect([most, done.length]).toEqual([4, 20]);
});

test("the first failure is thrown and nothing new is begun after it", async () => {
  let begun = 0;
  const work = async (item: number) => {
    begun++;
    await Bun.sleep(1);
    if (item === 3) throw new Error("three");
  };
  await expect(inParallel([...Array(100).keys()], 2, work)).rejects.toThrow("three");
  expect(begun).toBeLessThan(10);
});

test("results come in their order although later ones are ready first", async () => {
  const got: number[] = [];
  const work = async (item: number) => {
    await Bun.sleep(20 - item * 5);
    return item * 10;
  };
  for await (const { result } of prefetched([0, 1, 2, 3], 3, work)) got.push(result);
  expect(got).toEqual([0, 10, 20, 30]);
});

test("a failure waits for its turn", async () => {
  const got: number[] = [];
  const work = async (item: number) => {
    if (item === 1) throw new Error("one");
    await Bun.sleep(5);
    return item;
  };
  const reading = (async () => {
    for await (const { result } of prefetched([0, 1, 2], 3, work)) got.push(result);
  })();
  await expect(reading).rejects.toThrow("one");
  expect(got).toEqual([0]);
});
