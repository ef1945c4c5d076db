import { expect, test } from "bun:test";
import { counted, transferMeter } from "#core/transfer/progress.ts";
import { someCtx } from "./context.ts";

const MB = 1_000_000;

test("rate and time left come from what moved lately", () => {
  let now = 0;
  const ctx = someCtx({ now: () => now });
  const meter = transferMeter(ctx, { step: "upload", text: "Sending", total: 100 * MB });
  for (let second = 1; second <= 4; second++) {
    now = second * 1000;
    meter.add(10 * MB);
  }
  expect(ctx.heard.progress.at(-1)).toEqual({
    ...{ step: "upload", text: "Sending", unit: "bytes" },
    ...{ done: 40 * MB, total: 100 * MB, rate: 10 * MB, leftSeconds: 6 },
  });
  // A pause of twenty seconds shows.
  now = 24_000;
  meter.add(MB);
  expect(ctx.heard.progress.at(-1)?.rate).toBeLessThan(2 * MB);
});

test("without a total there is a rate and no promise", () => {
  let now = 0;
  const ctx = someCtx({ now: () => now });
  const meter = transferMeter(ctx, { step: "download", text: "Fetching" });
  now = 1000;
  meter.add(5 * MB);
  const last = ctx.heard.progress.at(-1);
  expect([last?.rate, last?.leftSeconds]).toEqual([5 * MB, undefined]);
});

test("many small pieces are few reports, and the last one counts everything", async () => {
  const ctx = someCtx();
  async function* chunks() {
    for (let i = 0; i < 5000; i++) yield new Uint8Array(10);
  }
  let passed = 0;
  for await (const chunk of counted(ctx, { step: "s", text: "t" }, chunks())) passed += chunk.length;
  expect(passed).toBe(50_000);
  expect(ctx.heard.progress.length).toBeLessThan(50);
  expect(ctx.heard.progress.at(-1)?.done).toBe(50_000);
});
