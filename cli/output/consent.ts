/** Asks before something is taken away, where somebody can answer. Tests: test/e2e/remove.test.ts */
import type { Out } from "#cli/output/out.ts";
import { canAsk, confirm } from "#cli/output/prompt.ts";
import { SwError } from "#core/errors.ts";

export interface Consent {
  /** Nothing is asked. */
  sure: boolean;
  /** Or what makes it, when finding it out takes work. */
  question: string | (() => Promise<string>);
}

/** @throws FAILED when the person says no; scripts and pipes are not asked. */
export async function mayGoOn(out: Out, { sure, question }: Consent): Promise<void> {
  if (sure || out.json || !canAsk()) return;
  const text = typeof question === "string" ? question : await question();
  out.finish();
  if (!(await confirm(text))) throw new SwError("FAILED", "nothing was done");
}
