/**
 * How far a transfer is, how fast, and how long it will take: counted from the bytes that really moved.
 * Tests: test/unit/core/transfer/progress.test.ts
 */
import type { Ctx } from "#core/context.ts";

export interface TransferLine {
  /** Stable name of the step. */
  readonly step: string;
  /** One short line for people. */
  readonly text: string;
  /** Bytes; unknown for a server's downloads. */
  readonly total?: number | undefined;
}

// The last few seconds count, so that a pause shows.
const WINDOW_MS = 5000;
const REPORT_EACH_MS = 200;

/** Passes chunks on and reports them. */
export async function* counted(
  ctx: Ctx,
  line: TransferLine,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const meter = transferMeter(ctx, line);
  for await (const chunk of chunks) {
    const { length } = chunk;
    yield chunk;
    meter.add(length);
  }
  meter.end();
}

/** For bytes that move elsewhere. */
export function transferMeter(ctx: Ctx, line: TransferLine) {
  const samples: { at: number; done: number }[] = [];
  let done = 0;
  let reported = Number.NEGATIVE_INFINITY;
  const report = (now: number) => {
    reported = now;
    samples.push({ at: now, done });
    while (samples.length > 2 && now - (samples[0]?.at ?? now) > WINDOW_MS) samples.shift();
    ctx.report.progress({ ...line, done, ...speed(samples, line.total), unit: "bytes" });
  };
  report(ctx.clock.now());
  return {
    add(bytes: number) {
      done += bytes;
      const now = ctx.clock.now();
      if (now - reported >= REPORT_EACH_MS) report(now);
    },
    end: () => report(ctx.clock.now()),
  };
}

function speed(samples: readonly { at: number; done: number }[], total: number | undefined) {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at <= first.at) return {};
  const rate = ((last.done - first.done) * 1000) / (last.at - first.at);
  if (total === undefined || rate <= 0) return { rate };
  return { rate, leftSeconds: Math.max(0, total - last.done) / rate };
}
