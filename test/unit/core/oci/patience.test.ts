import { expect, test } from "bun:test";
import type { SwError } from "#core/errors.ts";
import { Patience } from "#core/oci/patience.ts";
import { storeHome } from "../store/store-home.ts";

const BUSY = (after?: string) => new Response("no", { status: 503, headers: after ? { "retry-after": after } : {} });

/** Each wait is broken off at its beginning; what was said tells how long it would have been. */
async function impatient(now = 0) {
  const home = await storeHome();
  const patience = new Patience({
    ctx: { ...home.ctx, signal: AbortSignal.abort(), clock: { now: () => now } },
    host: "registry.test",
  });
  return {
    again: async (outcome?: Response) => await patience.again(outcome).then(String, (e: SwError) => e.code),
    reached: (at: number) => patience.reached(at),
    pauses: () => home.said.map((line) => Number(/in ([\d.]+) s/.exec(line)?.[1])),
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

test("pauses grow, and after six tries there is no other", async () => {
  await using one = await impatient();
  const answers: string[] = [];
  for (let tries = 0; tries < 6; tries++) answers.push(await one.again());
  expect(answers).toEqual([...Array(5).fill("CANCELLED"), "false"]);
  expect(one.pauses()).toEqual([0.5, 1, 2, 4, 8]);
});

test("a registry is given the pause that it asks for, in seconds or as a time, within a minute", async () => {
  await using one = await impatient(Date.parse("2026-01-01T00:00:00Z"));
  await one.again(BUSY("7"));
  await one.again(BUSY("Thu, 01 Jan 2026 00:00:09 GMT"));
  await one.again(BUSY("86400"));
  await one.again(BUSY("soon"));
  expect(one.pauses()).toEqual([7, 9, 60, 4]);
});

test("a transfer that gets further has its tries anew; one that only repeats itself has not", async () => {
  await using one = await impatient();
  for (const at of [10, 20, 20, 5]) {
    await one.again();
    one.reached(at);
  }
  await one.again();
  expect(one.pauses()).toEqual([0.5, 0.5, 0.5, 1, 2]);
});
