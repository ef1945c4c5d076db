/**
 * What a hooked shell does when it can't tell by itself: the line of shell text that enters a runtime. On the way the
 * entry is written from which the next activation needs nobody. Tests: test/e2e/hook.test.ts
 */
import type { Ctx } from "#core/context.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import { fitsHook } from "#core/env/activation/plan-words.ts";
import { fishQuote, posixQuote } from "#core/env/activation/quote.ts";
import { draftEntry, writeEntry } from "#core/env/hook-entries.ts";
import { activation } from "#core/ops/activate-runtime.ts";
import { localTarget } from "#core/ops/target.ts";

type RenderedShell = "bash" | "zsh" | "fish";

export interface EnterParams {
  uri: string;
  /** nushell and PowerShell read the plan itself. */
  shell: RenderedShell | "nu" | "pwsh";
  pid?: number;
}

export type Entered = { state: "ready"; text: string; warning?: string } | { state: "absent"; uri: string };

export async function enterShell(ctx: Ctx, { uri, shell, pid }: EnterParams): Promise<Entered> {
  const rendered = shell === "nu" || shell === "pwsh" ? undefined : shell;
  const draft = await draftEntry(ctx, uri, await localTarget(ctx, uri));
  const found = await activation(ctx, { uri, shell: rendered, pid });
  if (found.state !== "ready") return found;
  const rc = found.rc ?? "";
  if (draft) await writeEntry(ctx, draft, found.plan, rendered && { shell: rendered, rc });
  const text = rendered ? enterText(found.plan, rc, rendered) : `${JSON.stringify(found.plan)}\n`;
  return { state: "ready", text, warning: found.warning };
}

/** For functions that `swcli shell init` loaded; a plan that they don't cover has a script of its own. */
export function enterText(plan: ActivationPlan, rc: string, shell: RenderedShell): string {
  const quote = shell === "fish" ? fishQuote : posixQuote;
  if (!fitsHook(plan)) return `${shell === "fish" ? "source" : "."} ${quote(`${rc}/activate.${shell}`)}\n`;
  return `_swrt_now ${[plan.prefix, plan.name, plan.uri].map(quote).join(" ")}\n`;
}
