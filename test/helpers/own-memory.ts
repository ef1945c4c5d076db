/** What a process has for itself in memory, and its peak while something is done. Linux only. */
import { readFileSync } from "node:fs";

/** Without the mapped binary. */
export function ownBytes(pid: number): number {
  return Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

export async function peakWhile(pid: number, work: Promise<unknown>): Promise<number> {
  const state = { done: false };
  const ended = work.finally(() => {
    state.done = true;
  });
  let peak = 0;
  while (!state.done) {
    peak = Math.max(peak, ownBytes(pid));
    await Bun.sleep(10);
  }
  await ended;
  return peak;
}
