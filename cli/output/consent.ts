/** Asks before something is taken away, where somebody can answer. Tests: test/e2e/remove.test.ts */
import type { Out } from "#cli/output/out.ts";
import { canAsk, confirm } from "#cli/output/prompt.ts";
import { SwError } from "#core/errors.ts";

/** @throws FAILED when the person says no; scripts and pipes are not asked. */
export async function mayGoOn(out: Out, { sure, question }: { sure: boolean; question: string }): Promise<void> {
  if (sure || out.json || !canAsk()) return;
  out.finish();
  if (!(await confirm(question))) throw new SwError("FAILED", "nothing was done");
}
