/** `swcli shell init`: the text of the hook for one shell. Tests: test/e2e/hook.test.ts, test/e2e/hook-nu.test.ts, test/e2e/hook-pwsh.test.ts */
import type { Ctx } from "#core/context.ts";
import { fishHook } from "#core/env/activation/hook-fish.ts";
import { nuHook } from "#core/env/activation/hook-nu.ts";
import { pwshHook } from "#core/env/activation/hook-pwsh.ts";
import { type HookInput, type HookShell, hookScript } from "#core/env/activation/hook-script.ts";

export interface HookParams {
  shell: HookShell | "fish" | "nu" | "pwsh";
  /** The binary that the hook shall call. */
  swcli: string;
  cd: boolean;
}

export const shellHook = async (ctx: Ctx, { shell, swcli, cd }: HookParams): Promise<{ text: string }> => ({
  text: textFor({ swcli, cd, root: ctx.paths.root }, shell),
});

const OTHERS: Readonly<Record<string, (input: HookInput) => string>> = { fish: fishHook, nu: nuHook, pwsh: pwshHook };

function textFor(input: HookInput, shell: HookParams["shell"]): string {
  if (shell === "bash" || shell === "zsh") return hookScript(input, shell);
  return OTHERS[shell]?.(input) ?? "";
}
