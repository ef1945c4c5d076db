/** The table of `swcli runtime list` without options, for the hot path: no tree of commands, no parser. Tests: test/e2e/list.test.ts */
import { defaultGlobals } from "#cli/arg-def.ts";
import { createOut } from "#cli/output/out.ts";
import { versionsView } from "#cli/output/views/runtime-versions.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

/** @returns the exit code: 0, or that of output which could not be written */
export async function printList(rows: ResultOf<"runtime.list">): Promise<number> {
  const out = createOut(defaultGlobals());
  out.print(rows, versionsView({ fullname: false, names: true }));
  return (await out.drain()) ?? 0;
}
