import { expect, test } from "bun:test";
import { LOAN, onLoan, release } from "#core/platform/piece-loan.ts";

async function* numbered(count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(8).fill(i);
}

test("a piece is as it was while LOAN - 1 more are there, and takes no memory when LOAN more were asked for", async () => {
  const seen: Uint8Array[] = [];
  for await (const piece of onLoan(numbered(20))) {
    seen.push(piece);
    const lengths = seen.map(({ length }) => length);
    const kept = Math.min(seen.length, LOAN);
    expect(lengths).toEqual([...Array<number>(seen.length - kept).fill(0), ...Array<number>(kept).fill(8)]);
    for (const [i, one] of seen.slice(-LOAN).entries())
      expect(one.every((byte) => byte === seen.length - kept + i)).toBe(true);
  }
  expect(seen).toHaveLength(20);
});

test("the end and the failure of the maker are passed on, and a reader that stops ends it", async () => {
  let ended = 0;
  async function* failing(): AsyncGenerator<Uint8Array> {
    try {
      yield* numbered(3);
      throw new Error("broken");
    } finally {
      ended++;
    }
  }
  expect(Array.fromAsync(onLoan(failing()))).rejects.toThrow("broken");
  for await (const _ of onLoan(failing())) break;
  expect(ended).toBe(2);
});

test("a part of a larger buffer stays, since the rest of it may be somebody's", () => {
  const whole = new Uint8Array([1, 2, 3, 4]);
  release(whole.subarray(0, 3));
  release(whole.subarray(1));
  expect([...whole]).toEqual([1, 2, 3, 4]);
  release(whole);
  release(whole);
  expect(whole.length).toBe(0);
});
