/**
 * The table of `swcli runtime list` without options, for the hot path: no tree of commands, no parser, no progress.
 * Tests: test/e2e/list.test.ts
 */
import { stdoutSink } from "#cli/output/sink.ts";
import { isTerminal, paint, wantsColor } from "#cli/output/terminal.ts";
import { versionsView } from "#cli/output/views/runtime-versions.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

/** False when it could not be written: the long way fails at the same and says so. */
export async function printList(rows: ResultOf<"runtime.list">): Promise<boolean> {
  const look = { paint: paint(wantsColor("auto", isTerminal(1))) };
  const stdout = stdoutSink();
  stdout.write(`${versionsView({ fullname: false, names: true })(rows, look)}\n`);
  try {
    await stdout.drain();
    return true;
  } catch {
    return false;
  }
}
