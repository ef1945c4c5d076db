/** A context for code that needs a clock, an environment and somebody to report to. */
import type { Ctx } from "#core/context.ts";
import { Flights } from "#core/flight.ts";
import { Memo } from "#core/memo.ts";
import type { Env } from "#core/platform/env.ts";
import { storePaths } from "#core/platform/paths.ts";
import type { ProgressEvent } from "#core/report.ts";

export interface Heard {
  readonly progress: ProgressEvent[];
  readonly warnings: string[];
}

export function someCtx(options: { env?: Env; now?: () => number; signal?: AbortSignal } = {}): Ctx & { heard: Heard } {
  const heard: Heard = { progress: [], warnings: [] };
  return {
    env: options.env ?? {},
    cwd: "/",
    clock: { now: options.now ?? Date.now },
    paths: storePaths("/nowhere"),
    signal: options.signal ?? new AbortController().signal,
    report: {
      progress: (event) => void heard.progress.push(event),
      log() {},
      warn: (text) => void heard.warnings.push(text),
    },
    memo: new Memo(),
    flights: new Flights(),
    longLived: false,
    background() {},
    async takeTurn() {},
    heard,
  };
}
